"""Is there a CUDA device? Asks the driver itself, which needs no other library. devices.py [--architecture]

Exit status 0 and the devices' names; 1 and what is missing. With --architecture: the first device's as CMake names it."""
import ctypes
import sys

COMPUTE_MAJOR, COMPUTE_MINOR = 75, 76  # CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_...


def find(library="libcuda.so.1"):
    """The devices as (name, major, minor), or a sentence that says why there are none."""
    try:
        cuda = ctypes.CDLL(library)
    except OSError as why:
        return [], f"the driver's library cannot be opened: {why}"
    code = cuda.cuInit(0)
    if code != 0:
        return [], f"the driver does not start: cuInit gave {code}"
    count = ctypes.c_int()
    if cuda.cuDeviceGetCount(ctypes.byref(count)) != 0 or count.value == 0:
        return [], "the driver knows no device"
    devices = []
    for index in range(count.value):
        name, major, minor = ctypes.create_string_buffer(256), ctypes.c_int(), ctypes.c_int()
        cuda.cuDeviceGetName(name, 256, index)
        cuda.cuDeviceGetAttribute(ctypes.byref(major), COMPUTE_MAJOR, index)
        cuda.cuDeviceGetAttribute(ctypes.byref(minor), COMPUTE_MINOR, index)
        devices.append((name.value.decode(), major.value, minor.value))
    return devices, ""


def main():
    devices, why = find()
    if not devices:
        print(why)
        return 1
    name, major, minor = devices[0]
    if "--architecture" in sys.argv[1:]:
        print(f"{major}{minor}")
        return 0
    print(f"found {name}, compute capability {major}.{minor}, and {len(devices) - 1} more")
    return 0 if major >= 8 else 1


if __name__ == "__main__":
    sys.exit(main())
