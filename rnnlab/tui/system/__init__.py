"""The load of the machine: processor, memory, disk, GPUs, processes of the lab."""
