"""Uses a registry as scripts on openstacksdk do: openstacksdk.py FILE COPY. It writes what it was told as JSON, one thing a line.

The registry and the credentials are in the environment.
"""

import hashlib
import json
import sys

import openstack


def tell(**things):
    print(json.dumps(things))


def view(image):
    return {
        'id': image.id,
        'name': image.name,
        'status': image.status,
        'size': image.size,
        'checksum': image.checksum,
        'hash_algo': image.hash_algo,
        'hash_value': image.hash_value,
        'owner': image.owner_id,
        'visibility': image.visibility,
        'min_ram': image.min_ram,
        'os_distro': image.os_distro,
        'tags': sorted(image.tags),
        'properties': image.properties,
    }


source, copy = sys.argv[1:]
cloud = openstack.connect(load_yaml_config=False)

created = cloud.create_image(
    'ubuntu:22.04',
    filename=source,
    disk_format='raw',
    container_format='bare',
    wait=True,
    validate_checksum=True,
    os_distro='ubuntu',
    tags=['stable'],
)
tell(created=view(created))

with open(source, 'rb') as data:
    piped = cloud.image.create_image(
        'from memory', data=data.read(), disk_format='raw', container_format='bare', validate_checksum=True
    )
tell(piped=view(cloud.image.get_image(piped)))

found = cloud.image.find_image('ubuntu:22.04')
tell(found=found.id, found_by_id=cloud.image.find_image(found.id).name, nothing=cloud.image.find_image('no such: image'))

updated = cloud.image.update_image(found, min_ram=64, os_distro='Ubuntu')
tell(updated=view(updated))
by_id = cloud.image.update_image(found.id, min_ram=128, tags=['one', 'two'], release='22.04')
tell(by_id=view(by_id))

digest = hashlib.sha512()
chunks = 0
for chunk in cloud.image.download_image(found, stream=True).iter_content(chunk_size=64 * 1024):
    digest.update(chunk)
    chunks += 1
tell(downloaded=digest.hexdigest(), chunks=chunks)
cloud.image.download_image(found, output=copy)

tell(
    listed=[image.name for image in cloud.image.images(limit=1, sort='name:asc')],
    tagged=[image.name for image in cloud.image.images(tag='one')],
    large=[image.name for image in cloud.image.images(size_min=10**9)],
)

cloud.image.add_member(found, member_id='green')
tell(members=[[member.member_id, member.status] for member in cloud.image.members(found)])
cloud.image.remove_member('green', found)
tell(no_members=[member.member_id for member in cloud.image.members(found)])
cloud.image.add_tag(found, 'three')
cloud.image.remove_tag(found, 'one')
tell(tags=sorted(cloud.image.get_image(found.id).tags))

cloud.image.deactivate_image(found)
tell(deactivated=cloud.image.get_image(found.id).status)
cloud.image.reactivate_image(found)
tell(reactivated=cloud.image.get_image(found.id).status)

try:
    cloud.image.update_image(found.id, visibility='public')
except openstack.exceptions.HttpException as error:
    tell(refused=error.status_code, details=error.details)

# A property that the image does not have yet: this release of the library removes all others, also what the registry says itself.
try:
    cloud.image.update_image(cloud.image.find_image('from memory'), another='property')
except openstack.exceptions.HttpException as error:
    tell(purged=error.status_code, purged_details=error.details)
tell(kept=cloud.image.find_image('from memory').properties)

tell(deleted=[cloud.delete_image('ubuntu:22.04'), cloud.delete_image('from memory'), cloud.delete_image('none')])
tell(left=[image.name for image in cloud.image.images()])
