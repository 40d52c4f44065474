"""What code cannot do: nothing of the machine, nothing of this process, nothing that another run left."""

from __future__ import annotations

import pytest
from code_runs import Api, processes, running, said

from specport.errors import SourceError
from specport.results.model import ToolResult

pytestmark = pytest.mark.anyio

MACHINE = [
    "import os\nos.environ",
    "import os\nos.environ['PATH']",
    "import os\nos.getenv('HOME')",
    "import os\nos.listdir('/')",
    "import os\nos.system('id')",
    "import os\nos.popen('id')",
    "import os\nos.urandom(8)",
    "import sys\nsys.modules",
    "import sys\nsys._getframe()",
    "import subprocess",
    "import socket",
    "import ctypes",
    "import builtins",
    "import importlib",
    "import gc",
    "import inspect",
    "import pickle",
    "import multiprocessing",
    "import threading",
    "import urllib.request",
    "import http.client",
    "import pydantic_monty",
    "import specport",
    "import tools",
    "from os import system",
    "__import__('os')",
    "__import__('subprocess').run('id')",
    "open('/etc/passwd').read()",
    "open('/proc/self/environ', 'rb').read()",
    "open('x', 'w').write('x')",
    "from pathlib import Path\nPath('/etc/passwd').read_text()",
    "from pathlib import Path\nlist(Path('/').iterdir())",
    "from pathlib import Path\nPath.home()",
    "from pathlib import Path\nPath('/tmp/x').write_text('x')",
    "compile('1', '', 'eval')",
    "eval('open(\"/etc/passwd\").read()')",
    "exec('import socket')",
    "input()",
    "breakpoint()",
    "exit()",
    "help()",
]

ATTRIBUTES = [
    "().__class__.__bases__[0].__subclasses__()",
    "''.__class__.__mro__",
    "[].__class__",
    "(lambda: 0).__globals__",
    "(lambda: 0).__code__",
    "(lambda: 0).__closure__",
    "print.__self__",
    "getattr((), '__class__')",
    "getattr(tools, '__class__').__mro__",
    "type(tools).__mro__",
    "type(tools).__subclasses__()",
    "type(tools).__init__.__globals__",
    "type(tools)()",
    "tools.__dict__",
    "tools.__init__",
    "tools._paths",
    "tools.a.__getattribute__('b')",
    "await tools.a.__call__.__globals__()",
    "call.__globals__",
    "call.__code__",
    "tools.a.b.__func__",
    "'{0.__class__}'.format(1)",
    "'{0.__class__.__mro__}'.format(tools)",
    "'{0.__init__.__globals__}'.format(tools)",
    "f'{tools.__class__.__mro__}'",
    "'%(x)s'.__mod__.__self__",
    "import asyncio\nasyncio.get_event_loop()",
    "import asyncio\nasyncio.sleep.__globals__",
    "import json\njson.__loader__",
    "import re\nre.sys",
    "import dataclasses\ndataclasses.sys",
    "globals()",
    "vars()",
    "dir(tools)",
    "__builtins__",
    "__loader__",
    "try:\n    1/0\nexcept Exception as e:\n    e.__traceback__.tb_frame",
    "async def f(): pass\nf().cr_frame",
    "setattr(print, 'x', 1)",
    "class A:\n    def __del__(self): pass\nA.__subclasses__()",
    "class A(type): pass",
    "import __main__",
]

TRICKS = [
    "\u2170mport os",
    "\uff4f\uff50\uff45\uff4e('/etc/passwd').read()",
    "eval('\\x5f\\x5fimport\\x5f\\x5f(\"os\")')",
    "().__\uff43\uff4cass__.__bases__",
    "import\u00a0os as o\no.system('id')",
    "# \u202e\nopen('/etc/passwd').read()",
    "import o\u0455",
    "\x00",
    "x = 1\x00import socket",
    "from os import *\nsystem('id')",
]

BOMBS = [
    "x = 'x' * 10**10",
    "x = [0] * 10**9",
    "x = b'x' * 10**12",
    "10 ** 10 ** 8",
    "1 << 10**10",
    "x = list(range(10**9))",
    "x = {i: i for i in range(10**9)}",
    "x = 'a'\nwhile True: x += x",
    "'{:>10000000000}'.format(1)",
    "f'{1:>{10**10}}'",
    "'%10000000000d' % 1",
    "'a'.ljust(10**11)",
    "'a'.replace('', 'b' * 10**5).replace('b', 'c' * 10**6)",
    "x = [0] * 10\nfor i in range(20): x = [x] * 10\nstr(x)",
    "x = [0] * 10\nfor i in range(20): x = [x] * 10\nimport json\njson.dumps(x)",
    "x = [0] * 10\nfor i in range(20): x = [x] * 10\nx",
    "x = [0] * 10\nfor i in range(20): x = [x] * 10\nawait tools.a.b(x=x)",
    "x = []\nfor i in range(10**5): x = [x]\nawait tools.a.b(x=x)",
    "import re\nre.compile('(' * 10**5)",
    "import json\njson.loads('[' * 10**6)",
    "eval('(' * 10**5 + ')' * 10**5)",
    "def f(): f()\nf()",
    "f = lambda: f()\nf()",
    "while True: tools.a",
    "while True: pass",
    "for i in range(10**12): pass",
    "sum(range(10**12))",
    "import time\nwhile True: time.sleep(0)",
    "import asyncio\nwhile True: await asyncio.sleep(0)",
    "import asyncio\nawait asyncio.gather(*[tools.a.b() for i in range(10**6)])",
    "import itertools\nfor x in itertools.count(): pass",
    "while True: print('x')",
    "print('x' * 10**7)",
]


@pytest.mark.parametrize("code", MACHINE)
async def test_code_reaches_nothing_of_the_machine(code: str) -> None:
    """No files, no processes, no network, no environment: each attempt is an error."""
    await refused(code)


@pytest.mark.parametrize("code", ATTRIBUTES)
async def test_code_reaches_nothing_behind_a_value(code: str) -> None:
    """There are no attributes that lead from a value to its class's others, to a frame or to globals."""
    await refused(code)


@pytest.mark.parametrize("code", TRICKS)
async def test_spelling_something_otherwise_helps_nothing(code: str) -> None:
    await refused(code)


@pytest.mark.parametrize("code", BOMBS)
async def test_what_has_no_end_is_ended(code: str) -> None:
    """Time, memory, depth, output and calls are limited, in the process of the run and in this one."""
    await refused(code, max_computing=0.5, max_lookups=500, max_calls=100)


async def refused(code: str, **settings: float) -> None:
    """The code ends with an error, caught or not, and no call is made."""
    api = Api()
    assert (await said(code, api, **settings)).startswith("ERROR ")
    assert api.calls == []


async def test_the_process_of_a_run_has_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that what would break out of it finds no credential there."""
    monkeypatch.setenv("SPECPORT_ESCAPE", "secret")
    seen: list[bytes] = []

    async def door(address: str, arguments: object) -> ToolResult:
        seen.extend((process / "environ").read_bytes() for process in processes())
        return ToolResult("done")

    async with running() as runs:
        await runs.run("await tools.a.b()", door)
    assert seen
    assert all(b"secret" not in each for each in seen)


@pytest.mark.parametrize("program", ["/bin/false", "/nonexistent"])
async def test_where_no_process_can_be_started_the_error_says_so(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not which limit was reached: none was."""
    monkeypatch.setenv("MONTY_BIN", program)
    try:
        told = await said("1")
    except SourceError as error:
        told = str(error)
    assert "worker" in told
    assert "MAX_" not in told
