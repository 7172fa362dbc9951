"""Just enough of MongoDB's wire protocol to tell a request from its reply.

https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/
"""

import struct
from asyncio import StreamReader
from dataclasses import dataclass

_HEADER = struct.Struct("<iiii")
_OP_MSG = 2013
_NAME_AT = 16 + 4 + 1 + 4 + 1
"""Behind header, flags, kind of section, length of document and type of its first field."""


@dataclass(frozen=True, slots=True)
class Message:
    data: bytes

    @property
    def request_id(self) -> int:
        return int(_HEADER.unpack_from(self.data)[1])

    @property
    def response_to(self) -> int:
        return int(_HEADER.unpack_from(self.data)[2])

    @property
    def command(self) -> str:
        """The name of the command of a request, or nothing."""
        if _HEADER.unpack_from(self.data)[3] != _OP_MSG:
            return ""
        return self.data[_NAME_AT : self.data.index(b"\0", _NAME_AT)].decode()


async def read_message(reader: StreamReader) -> Message:
    """Return the next message.

    Raises:
        IncompleteReadError, OSError: the connection ended.
    """
    header = await reader.readexactly(_HEADER.size)
    return Message(header + await reader.readexactly(_HEADER.unpack(header)[0] - _HEADER.size))
