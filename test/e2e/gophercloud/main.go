// Uses a registry as programs on gophercloud do: main ADDRESS TOKEN COMMAND ARGUMENT...
// It writes what it was told as JSON, or the error to stderr and ends with 1.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/gophercloud/gophercloud"
	"github.com/gophercloud/gophercloud/openstack/imageservice/v2/imagedata"
	"github.com/gophercloud/gophercloud/openstack/imageservice/v2/images"
	"github.com/gophercloud/gophercloud/openstack/imageservice/v2/members"
	"github.com/gophercloud/gophercloud/pagination"
)

// client speaks to the address that a catalogue would give, with the token that Keystone would give.
func client(address, token string) *gophercloud.ServiceClient {
	endpoint := gophercloud.NormalizeURL(address)
	return &gophercloud.ServiceClient{
		ProviderClient: &gophercloud.ProviderClient{TokenID: token},
		Endpoint:       endpoint,
		ResourceBase:   endpoint + "v2/",
		Type:           "image",
	}
}

func create(c *gophercloud.ServiceClient, name, tag string) (interface{}, error) {
	protected := false
	visibility := images.ImageVisibilityShared
	return images.Create(c, images.CreateOpts{
		Name:            name,
		Tags:            []string{tag},
		ContainerFormat: "bare",
		DiskFormat:      "raw",
		MinRAM:          64,
		Protected:       &protected,
		Visibility:      &visibility,
		Properties:      map[string]string{"os_distro": "debian"},
	}).Extract()
}

func upload(c *gophercloud.ServiceClient, id, path string) (interface{}, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return nil, imagedata.Upload(c, id, file).ExtractErr()
}

func download(c *gophercloud.ServiceClient, id, path string) (interface{}, error) {
	data, err := imagedata.Download(c, id).Extract()
	if err != nil {
		return nil, err
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.Copy(file, data)
}

// list gives the names of each page.
func list(c *gophercloud.ServiceClient, name string) (interface{}, error) {
	pages := [][]string{}
	opts := images.ListOpts{Limit: 2, Name: name, SortKey: "name", SortDir: "asc"}
	err := images.List(c, opts).EachPage(func(page pagination.Page) (bool, error) {
		found, err := images.ExtractImages(page)
		names := []string{}
		for _, image := range found {
			names = append(names, image.Name)
		}
		pages = append(pages, names)
		return true, err
	})
	return pages, err
}

func patch(c *gophercloud.ServiceClient, id, name string) (interface{}, error) {
	return images.Update(c, id, images.UpdateOpts{
		images.ReplaceImageName{NewName: name},
		images.ReplaceImageTags{NewTags: []string{"one", "two"}},
		images.ReplaceImageMinDisk{NewMinDisk: 3},
		images.UpdateImageProperty{Op: images.AddOp, Name: "os_version", Value: "12"},
		images.UpdateImageProperty{Op: images.ReplaceOp, Name: "os_distro", Value: "Debian"},
		images.UpdateImageProperty{Op: images.RemoveOp, Name: "os_version"},
	}).Extract()
}

func accept(c *gophercloud.ServiceClient, id, member string) (interface{}, error) {
	return members.Update(c, id, member, members.UpdateOpts{Status: "accepted"}).Extract()
}

func listMembers(c *gophercloud.ServiceClient, id string) (interface{}, error) {
	pages, err := members.List(c, id).AllPages()
	if err != nil {
		return nil, err
	}
	return members.ExtractMembers(pages)
}

func run(c *gophercloud.ServiceClient, command string, args []string) (interface{}, error) {
	// Commands that need less do not look at the second.
	first, second := args[0], strings.Join(args[1:], " ")
	switch command {
	case "create":
		return create(c, first, second)
	case "upload":
		return upload(c, first, second)
	case "download":
		return download(c, first, second)
	case "get":
		return images.Get(c, first).Extract()
	case "list":
		return list(c, first)
	case "patch":
		return patch(c, first, second)
	case "add-member":
		return members.Create(c, first, second).Extract()
	case "accept":
		return accept(c, first, second)
	case "members":
		return listMembers(c, first)
	case "remove-member":
		return nil, members.Delete(c, first, second).ExtractErr()
	case "delete":
		return nil, images.Delete(c, first).ExtractErr()
	}
	return nil, fmt.Errorf("no such command: %s", command)
}

func main() {
	told, err := run(client(os.Args[1], os.Args[2]), os.Args[3], os.Args[4:])
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(told)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
