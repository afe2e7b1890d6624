# Only the package: scenarios that are not about it begin on this disk.
install_package
sync
