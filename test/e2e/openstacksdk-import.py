"""openstacksdk: an upload by way of staging, and a download by the service."""
import json, sys, time, openstack
cloud = openstack.connect()
staged = cloud.create_image('staged', filename=sys.argv[1], use_import=True, wait=True,
                            disk_format='raw', container_format='bare')
fetched = cloud.image.create_image('by-sdk', disk_format='raw', container_format='bare')
cloud.image.import_image(fetched, method='web-download', uri=sys.argv[2])
while cloud.image.get_image(fetched.id).status != 'active':
    time.sleep(0.1)
for image in (staged, fetched):
    seen = cloud.image.get_image(image.id)
    print(json.dumps([seen.status, seen.checksum]))
