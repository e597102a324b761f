"""The archive that the rehearsal deploys, which is the one for AWS: the packages are Lambda's."""

import zipfile

from standby.rehearsal.rehearsal import Rehearsal

ARM64 = 183  # EM_AARCH64. Source: the ELF specification, `e_machine`
PACKAGES = "authorizer_packages/"


def test_the_compiled_packages_are_for_arm64_and_python_3_13(signed_in_rehearsal: Rehearsal) -> None:
    (path,) = signed_in_rehearsal.paths.synthesized.rglob("stacks/**/authorizer.zip")
    with zipfile.ZipFile(path) as archive:
        compiled = {name: archive.read(name)[:20] for name in archive.namelist() if name.endswith(".so")}
        assert f"{PACKAGES}jwt/__init__.py" in archive.namelist()
    assert f"{PACKAGES}_cffi_backend.cpython-313-aarch64-linux-gnu.so" in compiled
    assert f"{PACKAGES}cryptography/hazmat/bindings/_rust.abi3.so" in compiled
    machines = {int.from_bytes(header[18:20], "little") for header in compiled.values()}
    assert machines == {ARM64}
    assert path.stat().st_size < 50 * 1000 * 1000  # Lambda's limit for a direct upload
