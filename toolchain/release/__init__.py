"""`make release`: the wheel, the Terraform module, the SBOM, the release notes and the checksums."""
