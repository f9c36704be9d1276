"""Ports for servers that are told where to listen, and begin to only some seconds later."""

import random
import socket

HOST = "127.0.0.1"
# Below what the kernel gives to connections and to servers that ask for any port (32768 and up,
# net.ipv4.ip_local_port_range) and above Ray's workers (10002 to 19999): between our look and the
# server's start, nobody else is given one of these.
PORTS = range(20_000, 32_768)


def free_ports(count: int) -> list[int]:
    """Return `count` different ports of the loopback that nobody listens on."""
    found: list[int] = []
    for port in random.SystemRandom().sample(PORTS, len(PORTS)):
        if len(found) == count:
            break
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
        found.append(port)
    assert len(found) == count, f"no {count} ports are free in {PORTS}"
    return found


def free_port() -> int:
    """Return a port of the loopback that nobody listens on."""
    return free_ports(1)[0]
