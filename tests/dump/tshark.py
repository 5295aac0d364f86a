#!/usr/bin/env python3
"""tshark.py NAMES.def DISSECTION.json.gz DUMP.txt: compare isakmp-dump with tshark.

Makes of every frame of a decrypted dissection (tshark -T json) the lines that isakmp-dump should
print, and compares.  "*" at the end of such a line stands for what tshark does not show.  A frame
that tshark itself failed to decrypt, because it counts a repeated message twice, is left out."""
import gzip
import json
import re
import sys

PLAIN = {'4': 'isakmp.key_exchange.data', '8': 'isakmp.hash', '9': 'isakmp.sig',
         '10': 'isakmp.nonce', '20': 'isakmp.ike.nat_hash'}
VALUES = {'ATTR': {1: 'CIPHER', 2: 'HASH', 3: 'AUTH', 4: 'GROUP', 11: 'LIFE_TYPE'},
          'SA_ATTR': {1: 'LIFE_TYPE', 3: 'GROUP', 4: 'ENCAP', 5: 'INTEG'}}
TRANSFORMS = {2: 'AH', 3: 'ESP', 4: 'IPCOMP'}
names = {}


def name(registry, number):
    return names.get((registry, int(number)), str(number))


def all_of(tree, key):
    return [v for k, v in tree if k == key]


def one(tree, key, default=None):
    found = all_of(tree, key)
    return found[0] if found else default


def octets(text):
    return text.replace(':', '')


def cut(hex_text, size=32):
    return hex_text[:2 * size]


def attr_text(registry, attr, prefix):
    kind = int(one(attr, prefix + '.type'))
    data = octets(one(attr, prefix + '.value', ''))
    if not data:
        return name(registry, kind)
    if registry == 'CFG_ATTR':
        return name(registry, kind) + ' ' + cfg_text(kind, data)
    values = VALUES[registry].get(kind)
    number = int(data, 16)
    return name(registry, kind) + ' ' + (name(values, number) if values else str(number))


def cfg_text(kind, data):
    raw = bytes.fromhex(data)
    if kind in (1, 2, 3, 4, 6) and len(raw) == 4:
        return '.'.join(str(b) for b in raw)
    if kind in (7, 16521, 16524, 16526, 28672, 28674):
        return raw.decode('ascii')
    return cut(data)


def transform_line(tree, protocol):
    registry, prefix = ('ATTR', 'isakmp.ike.attr') if protocol == 1 else \
                       ('SA_ATTR', 'isakmp.ipsec.attr')
    attrs = [attr_text(registry, a, prefix) for a in all_of(tree, prefix)]
    number = int(one(tree, 'isakmp.trans.id'))
    what = 'KEY_IKE' if (protocol, number) == (1, 1) else name(TRANSFORMS.get(protocol), number)
    return f"      transform {one(tree, 'isakmp.trans.number')}, {what}: {', '.join(attrs)}"


def proposal_lines(tree):
    protocol, n = int(one(tree, 'isakmp.prop.protoid')), int(one(tree, 'isakmp.prop.transforms'))
    spi = octets(one(tree, 'isakmp.spi', ''))
    line = f"    proposal {one(tree, 'isakmp.prop.number')}, {name('PROTOCOL', protocol)}"
    line += f', SPI {spi}' if spi else ''
    line += f", {n} transform{'' if n == 1 else 's'}"
    return [line] + [transform_line(t, protocol) for t in all_of(tree, 'isakmp.typepayload_tree')]


def sa_lines(tree):
    lines = [f"  SA: DOI {one(tree, 'isakmp.sa.doi')}, "
             f"situation 0x{int(octets(one(tree, 'isakmp.sa.situation')), 16):x}"]
    for proposal in all_of(tree, 'isakmp.typepayload_tree'):
        lines += proposal_lines(proposal)
    return lines


def id_line(tree):
    data = one(tree, 'isakmp.id.data_tree') or one(tree, 'isakmp.id.data')
    kind, text = int(one(tree, 'isakmp.id.type')), ''
    if kind == 1:
        text = one(data, 'isakmp.id.data.ipv4_addr')
    elif kind == 2:
        text = 'fqdn ' + one(data, 'isakmp.id.data.fqdn')
    elif kind == 4:
        mask = one(data, 'isakmp.id.data.ipv4_subnet').split('.')
        bits = sum(bin(int(part)).count('1') for part in mask)
        text = one(data, 'isakmp.id.data.ipv4_addr') + f'/{bits}'
    protocol, port = one(tree, 'isakmp.id.protoid'), one(tree, 'isakmp.id.port')
    if protocol != '0' or port != '0':
        text += f' protocol {protocol} port {port}'
    return '  ID: ' + text


def notify_line(tree):
    spi, data = octets(one(tree, 'isakmp.spi', '')), octets(one(tree, 'isakmp.notify.data', ''))
    line = f"  NOTIFY: {name('NOTIFY', one(tree, 'isakmp.notify.msgtype'))}, " \
           f"DOI {one(tree, 'isakmp.notify.doi')}, " \
           f"{name('PROTOCOL', one(tree, 'isakmp.notify.protoid'))}"
    line += f', SPI {spi}' if spi else ''
    return line + (f', data {cut(data)}' if data else '')


def plain_line(number, tree):
    n = int(one(tree, 'isakmp.payloadlength')) - 4
    return f"  {name('PAYLOAD', number)}: {n} octet{'' if n == 1 else 's'} " \
           f"{cut(octets(one(tree, PLAIN[number])))}{'...' if n > 32 else ''}"


def payload_lines(number, tree):
    if number == '1':
        return sa_lines(tree)
    if number == '5':
        return [id_line(tree)]
    if number in ('6', '7'):
        n = int(one(tree, 'isakmp.payloadlength')) - 5
        return [f"  {name('PAYLOAD', number)}: X.509 signature, {n} octets *"]
    if number == '11':
        return [notify_line(tree)]
    if number == '13':
        return ['  VENDOR-ID: ' + cut(octets(one(tree, 'isakmp.vid_bytes'))) + '*']
    if number == '14':
        attrs = [attr_text('CFG_ATTR', a, 'isakmp.cfg.attr')
                 for a in all_of(tree, 'isakmp.cfg.attr')]
        return [f"  ATTRIBUTE: {name('CFG_TYPE', one(tree, 'isakmp.cfg.type'))}, identifier "
                f"{one(tree, 'isakmp.cfg.identifier')}: {', '.join(attrs)}"]
    return [plain_line(number, tree)]


def header_line(tree):
    line = f"cookies {octets(one(tree, 'isakmp.ispi'))} {octets(one(tree, 'isakmp.rspi'))}, " \
           f"version 1.0, {name('EXCHANGE', one(tree, 'isakmp.exchangetype'))}, "
    line += 'encrypted, ' if int(one(tree, 'isakmp.flags'), 16) & 1 else ''
    return line + f"message ID {one(tree, 'isakmp.messageid')[2:]}, " \
                  f"{one(tree, 'isakmp.length')} octets"


def expected_lines(tree):
    """None if tshark did not decrypt the frame."""
    payloads = one(tree, 'isakmp.enc.data', tree)
    payloads = payloads if isinstance(payloads, list) else tree
    lines, room = [header_line(tree)], int(one(tree, 'isakmp.length')) - 28
    numbers = all_of(payloads, 'isakmp.typepayload')
    for number, payload in zip(numbers, all_of(payloads, 'isakmp.typepayload_tree')):
        room -= int(one(payload, 'isakmp.payloadlength'))
        if room < 0:
            return None
        lines += payload_lines(number, payload)
    return lines


def is_as(line, expected):
    return line.startswith(expected[:-1]) if expected.endswith('*') else line == expected


def main():
    for registry, number, text in re.findall(r'NAME\((\w+), (\d+), "([^"]*)"\)',
                                             open(sys.argv[1]).read()):
        names[(registry, int(number))] = text
    frames = json.load(gzip.open(sys.argv[2]), object_pairs_hook=lambda pairs: pairs)
    dumped = {m.group(1): m.group(2).rstrip('\n').split('\n') for m in
              re.finditer(r'^frame (\d+),.*\n((?:.+\n)*)', open(sys.argv[3]).read(), re.M)}
    compared = differ = left_out = 0
    for frame in frames:
        layers = one(one(frame, '_source'), 'layers')
        number = one(one(layers, 'frame'), 'frame.number')
        if one(layers, 'isakmp') is None:
            continue
        expected = expected_lines(one(layers, 'isakmp'))
        if expected is None:
            left_out += 1
            continue
        lines = dumped.get(number, [])
        compared += len(expected)
        for i in range(max(len(lines), len(expected))):
            here = lines[i] if i < len(lines) else '(nothing)'
            there = expected[i] if i < len(expected) else '(nothing)'
            if not is_as(here, there):
                differ += 1
                print(f'# frame {number}: isakmp-dump {here!r}, tshark {there!r}')
    print(f'# {compared} lines compared, {differ} differ, {left_out} frames left out')
    return 1 if differ or compared == 0 or left_out > 1 else 0


sys.exit(main())
