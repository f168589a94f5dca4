"""Debian's `openstack` or `glance`, loaded once: each command of it runs in a fork of this process.

Reads commands from file descriptor 3, a line of JSON each: {"args": [...], "env": {...}, "input": base64 or null}; nothing piped
in means a terminal, as the clients take everything else for image data. Answers on 4: {"code", "stdout", "stderr"}.
"""

import base64
import importlib
import json
import logging
import os
import pty
import sys
import tempfile

# What the programs load by name when a command runs.
PROGRAMS = {
    "openstack": (
        "openstackclient.shell",
        "openstack",
        "openstackclient.image.client",
        "openstackclient.image.v1.image",
        "openstackclient.image.v2.image",
        "openstackclient.identity.v3.project",
        "keystoneauth1.loading",
        "keystoneauth1.identity",
        "cliff.formatters.json_format",
        "cliff.formatters.table",
    ),
    "glance": (
        "glanceclient.shell",
        "glanceclient.v1.client",
        "glanceclient.v1.shell",
        "glanceclient.v2.client",
        "glanceclient.v2.shell",
        "keystoneauth1.loading",
        "keystoneauth1.identity",
    ),
}
SOME_COMMAND = {"openstack": ("image", "list", "--help"), "glance": ("--version",)}


def stdin_of(data):
    """A file descriptor that gives `data` and then ends, or a terminal."""
    if data is None:
        master, slave = pty.openpty()
        os.set_inheritable(master, True)
        return slave
    ours, theirs = os.pipe()
    if os.fork() == 0:
        os.close(ours)
        try:
            with os.fdopen(theirs, "wb") as pipe:
                pipe.write(data)
        except BrokenPipeError:
            pass
        os._exit(0)
    os.close(theirs)
    return ours


def child(main, program, command, out, err):
    data = command["input"]
    os.dup2(stdin_of(None if data is None else base64.b64decode(data)), 0)
    os.dup2(out.fileno(), 1)
    os.dup2(err.fileno(), 2)
    os.environ.clear()
    os.environ.update(command["env"])
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w", buffering=1)
    sys.argv = [program, *command["args"]]
    code = 1
    try:
        code = main()
    except SystemExit as end:
        code = end.code
    finally:
        if isinstance(code, str):
            print(code, file=sys.stderr)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 0 if code is None else 1)


def load(program):
    """The program's entry point. One command of it finds the plugins, which every process would look for again."""
    sys.argv = [program, *SOME_COMMAND[program]]
    first, *others = PROGRAMS[program]
    main = importlib.import_module(first).main
    for name in others:
        importlib.import_module(name)
    ours = sys.stdout, sys.stderr
    with open(os.devnull, "w") as nowhere:
        sys.stdout = sys.stderr = nowhere
        try:
            main()
        except SystemExit:
            pass
        logging.root.handlers.clear()
    sys.stdout, sys.stderr = ours
    return main


def serve(program):
    main = load(program)
    answers = os.fdopen(4, "w")
    for line in os.fdopen(3):
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            pid = os.fork()
            if pid == 0:
                child(main, program, json.loads(line), out, err)
            code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            texts = []
            for file in (out, err):
                file.seek(0)
                texts.append(file.read().decode())
        print(json.dumps({"code": code, "stdout": texts[0], "stderr": texts[1]}), file=answers, flush=True)


serve(sys.argv[1])
