#!/usr/bin/env python3
"""fragment.py IN.pcap OUT.pcap: cut every IP packet of a raw IP capture into fragments of 64
octets, the last one first and each of them twice."""
import struct
import sys

SIZE = 64


def pieces(payload):
    offsets = list(range(0, len(payload), SIZE))
    for at in reversed(offsets):
        yield at, payload[at:at + SIZE], at + SIZE < len(payload)


def fragments_of(packet, number):
    if packet[0] >> 4 == 4:
        for at, piece, more in pieces(packet[20:]):
            head = bytearray(packet[:20])
            struct.pack_into('!HHH', head, 2, 20 + len(piece), number, more << 13 | at // 8)
            yield bytes(head) + piece
    else:
        for at, piece, more in pieces(packet[40:]):
            head = bytearray(packet[:40])
            struct.pack_into('!HB', head, 4, 8 + len(piece), 44)
            yield bytes(head) + struct.pack('!BBHI', packet[6], 0, at | more, number) + piece


def main():
    data = open(sys.argv[1], 'rb').read()
    with open(sys.argv[2], 'wb') as out:
        out.write(data[:24])
        at, number = 24, 0
        while at < len(data):
            seconds, micros, size = struct.unpack_from('<III', data, at)
            number += 1
            fragments = list(fragments_of(data[at + 16:at + 16 + size], number))
            for fragment in fragments:
                record = struct.pack('<IIII', seconds, micros, len(fragment), len(fragment))
                out.write((record + fragment) * (1 if len(fragments) == 1 else 2))
            at += 16 + size


main()
