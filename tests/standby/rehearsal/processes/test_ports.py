"""Free ports: all different, outside of the range of outgoing connections, and the preferred ones if they are free."""

import socket

from standby.rehearsal.processes.ports import PORT_RANGE, free_ports


def test_ports_are_all_different_and_outside_of_the_range_of_outgoing_connections() -> None:
    names = [str(number) for number in range(50)]
    found = free_ports(names, preferred={})
    assert len(set(found.values())) == 50
    assert all(port in PORT_RANGE for port in found.values())


def test_a_preferred_port_is_used_if_nothing_listens_there() -> None:
    preferred = free_ports(["a"], preferred={})
    assert free_ports(["a"], preferred=preferred) == preferred
    with socket.socket() as other:
        other.bind(("127.0.0.1", preferred["a"]))
        other.listen()
        assert free_ports(["a"], preferred=preferred) != preferred
