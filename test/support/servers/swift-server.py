"""OpenStack Swift in one process: the three storage servers of one disk and a proxy with the S3 API, on free ports of 127.0.0.1.

`swift-server.py FOLDER` sets everything up in the folder, writes the proxy's port to stdout once all of them listen, and ends when stdin does.
Swift's own launchers start an interpreter for each, and load all of its code four times.
"""
import getpass
import os
import sys

import eventlet
import eventlet.wsgi
from swift.common import utils, wsgi
from swift.common.ring import RingBuilder

DEFAULTS = """
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
user = {user}
swift_dir = {folder}
log_level = ERROR
"""

STORAGE = """
devices = {folder}/disks
mount_check = false
recon_cache_path = {folder}
[pipeline:main]
pipeline = {name}-server
[app:{name}-server]
use = egg:swift#{name}
"""

# tempauth wants a cache to be configured, not that it is there.
PROXY = """
[pipeline:main]
pipeline = catch_errors cache s3api tempauth copy slo proxy-server
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:1
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
user_test_stranger = strange
[filter:copy]
use = egg:swift#copy
[filter:slo]
use = egg:swift#slo
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
"""

CLUSTER = """
[swift-hash]
swift_hash_path_suffix = suffix
swift_hash_path_prefix = prefix
[storage-policy:0]
name = only
default = yes
"""


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, 'w') as file:
        file.write(text)
    return path


def make_ring(folder, name, port):
    builder = RingBuilder(4, 1, 0)
    device = {'region': 1, 'zone': 1, 'ip': '127.0.0.1', 'port': port, 'device': 'disk', 'weight': 1}
    builder.add_dev(device)
    builder.rebalance()
    builder.get_ring().save(os.path.join(folder, name + '.ring.gz'))


def serve(conf_file, name, sock):
    """What swift.common.wsgi.run_server does, but for the event loop of its own that it begins each time."""
    app = wsgi.loadapp(conf_file, global_conf={'log_name': name})
    options = {'protocol': wsgi.SwiftHttpProtocol, 'socket_timeout': 60, 'capitalize_response_headers': False}
    eventlet.spawn(eventlet.wsgi.server, sock, app, wsgi.NullLogger(), **options)


def main(folder):
    os.makedirs(os.path.join(folder, 'disks', 'disk'))
    write(folder, 'swift.conf', CLUSTER)
    utils.set_swift_dir(folder)
    eventlet.hubs.use_hub(utils.get_hub())
    utils.eventlet_monkey_patch()
    sockets = {}
    for name in ('account', 'container', 'object', 'proxy'):
        sockets[name] = eventlet.listen(('127.0.0.1', 0), backlog=256)
        port = sockets[name].getsockname()[1]
        values = {'folder': folder, 'name': name, 'port': port, 'user': getpass.getuser()}
        write(folder, name + '.conf', (DEFAULTS + (PROXY if name == 'proxy' else STORAGE)).format(**values))
        if name != 'proxy':
            make_ring(folder, name, port)
    for name, sock in sockets.items():
        serve(os.path.join(folder, name + '.conf'), name, sock)
    print(sockets['proxy'].getsockname()[1], flush=True)
    eventlet.hubs.trampoline(sys.stdin.fileno(), read=True)


main(sys.argv[1])
