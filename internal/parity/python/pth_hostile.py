"""Writes hostile and damaged files in the form of PyTorch's, each with the words that the refusal must have
(NAME.refused beside NAME.pth). Only Python's own library is needed: torch would not write such files.

    pth_hostile.py DIR
"""
import os
import struct
import sys
import zlib

out = sys.argv[1]
os.makedirs(out, exist_ok=True)


def refused(name, data, *words):
    with open(os.path.join(out, name + ".pth"), "wb") as f:
        f.write(data)
    with open(os.path.join(out, name + ".refused"), "w") as f:
        f.write("\n".join(words) + "\n")


# The archive.


class Entry:
    """An entry of a zip file. Fields that begin with local_ or central_ lie: they replace what the one place says."""

    def __init__(self, name, data, method=0, stored=None, **lies):
        self.name, self.data, self.lies = name.encode() if isinstance(name, str) else name, data, lies
        self.method, self.stored = method, data if stored is None else stored

    def field(self, where, name, value):
        return self.lies.get(f"{where}_{name}", self.lies.get(name, value))

    def fields(self, where, offset):
        f = lambda name, value: self.field(where, name, value)
        return [f("flags", 0), f("method", self.method), 0, 0, f("crc", zlib.crc32(self.data)), f("packed", len(self.stored)),
                f("size", len(self.data)), f("name", self.name), f("extra", b""), f("offset", offset)]

    def local(self, offset):
        flags, method, t, d, crc, packed, size, name, extra, _ = self.fields("local", offset)
        return struct.pack("<IHHHHHIIIHH", 0x04034B50, 0, flags, method, t, d, crc, packed, size, len(name), len(extra)) + name + extra

    def central(self, offset):
        flags, method, t, d, crc, packed, size, name, extra, offset = self.fields("central", offset)
        return struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 0, 0, flags, method, t, d, crc, packed, size, len(name), len(extra),
                           0, 0, 0, 0, offset) + name + extra


def archive(*entries, count=None, size=None, offset=None, tail=b"", before_end=b"", comment=b""):
    body, offsets = b"", []
    for e in entries:
        offsets.append(len(body))
        body += e.local(len(body)) + e.stored
    directory = b"".join(e.central(at) for e, at in zip(entries, offsets))
    n = len(entries) if count is None else count
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, n, n, len(directory) if size is None else size,
                      len(body) if offset is None else offset, len(comment)) + comment
    return body + directory + before_end + end + tail


def torch_file(pickle, *storages, **lies):
    """A file of torch.save, with this pickle and these storages."""
    return archive(Entry("a/data.pkl", pickle), *[Entry(f"a/data/{i}", s) for i, s in enumerate(storages)], Entry("a/version", b"3\n"), **lies)


# The pickle.

P2, P4 = b"\x80\x02", b"\x80\x04"


def u(text):
    b = text.encode()
    return b"X" + struct.pack("<I", len(b)) + b


def num(n):
    if 0 <= n < 256:
        return bytes([ord("K"), n])
    b = n.to_bytes((n.bit_length() + 8) // 8, "little", signed=True)
    return b"\x8a" + bytes([len(b)]) + b


def tup(*items):
    return b"(" + b"".join(items) + b"t"


def call(name, *args):
    return b"c" + name.replace(" ", "\n").encode() + b"\n" + tup(*args) + b"R"


def storage(numel, key="0", kind="torch FloatStorage", location="cpu"):
    return tup(u("storage"), b"c" + kind.replace(" ", "\n").encode() + b"\n", u(key), u(location), num(numel)) + b"Q"


def tensor(numel, shape, stride, offset=0, **kw):
    return call("torch._utils _rebuild_tensor_v2", storage(numel, **kw), num(offset), tup(*map(num, shape)), tup(*map(num, stride)), b"\x89", call("collections OrderedDict"))


def pickled(name, body, *words, protocol=P2, storages=()):
    refused(name, torch_file(protocol + body + b".", *storages), *words)


# Opcodes that call or import something.

pickled("op-global-reduce", call("os system", u("true")), "os.system")
pickled("op-global-alone", b"cposix\nsystem\n", "posix.system")
pickled("op-global-nested", b"}" + u("a") + b"](K\x01cos\nsystem\nes", "os.system", ".a[1]")
pickled("op-builtins-eval", call("builtins eval", u("1")), "builtins.eval")
pickled("op-python2-eval", call("__builtin__ eval", u("1")), "builtins.eval")
pickled("op-getattr", call("builtins getattr", b"cbuiltins\nlist\n", u("append")), "builtins.getattr")
pickled("op-load-from-bytes", call("torch.storage _load_from_bytes", u("x")), "torch.storage._load_from_bytes")
pickled("op-torch-load", call("torch load", u("x")), "torch.load")
pickled("op-numpy-load", call("numpy load", u("x")), "numpy.load")
pickled("op-jit", call("torch.jit._script unpackage_script_module", u("x")), "torch.jit")
pickled("op-stack-global", u("os") + u("system") + b"\x93)R", "os.system", protocol=P4)
pickled("op-stack-global-numbers", b"K\x01K\x02\x93", "strings", protocol=P4)
pickled("op-newobj", b"csubprocess\nPopen\n" + tup(u("true")) + b"\x81", "subprocess.Popen")
pickled("op-newobj-ex", b"csubprocess\nPopen\n)}\x92", "subprocess.Popen", protocol=P4)
pickled("op-newobj-string", u("x") + b")\x81", "calls a str")
pickled("op-reduce-tensor", tensor(1, [1], [1]) + b")R", "calls a tensor", storages=[bytes(4)])
pickled("op-reduce-no-tuple", b"ccollections\nOrderedDict\n]R", "in place of arguments")
pickled("op-call-list", b"cbuiltins\nlist\n)R", "builtins.list")
pickled("op-inst", b"(ios\nsystem\n", "INST")
pickled("op-obj", b"(ccollections\nOrderedDict\n" + u("true") + b"o", "OBJ")
pickled("op-ext1", b"\x82\x01", "EXT1")
pickled("op-ext2", b"\x83\x01\x00", "EXT2")
pickled("op-ext4", b"\x84\x01\x00\x00\x00", "EXT4")
pickled("op-persid", b"Pstorage\n", "PERSID")
pickled("op-binpersid-int", b"K\x01Q", "a storage")
pickled("op-binpersid-module", tup(u("module"), b"K\x01", u("f"), u("s"), b"N") + b"Q", "a storage")
pickled("op-binpersid-class", tup(u("storage"), b"cos\nsystem\n", u("0"), u("cpu"), b"K\x01") + b"Q", "os.system", storages=[bytes(4)])
pickled("op-binpersid-string", tup(u("storage"), u("FloatStorage"), u("0"), u("cpu"), b"K\x01") + b"Q", "not described", storages=[bytes(4)])
pickled("op-build-list", b"]}b", "state of a dict")
pickled("op-build-tensor", tensor(1, [1], [1]) + b"K\x01b", "attributes are a int", storages=[bytes(4)])
pickled("op-next-buffer", b"\x97", "NEXT_BUFFER", protocol=b"\x80\x05")
pickled("op-readonly-buffer", b"\x98", "READONLY_BUFFER", protocol=b"\x80\x05")
pickled("op-dup", b"K\x012\x86", "DUP")
pickled("op-text-get", b"g0\n", "GET of protocol 0")
pickled("op-unknown", b"\xff", "an opcode")
pickled("op-factory", call("collections defaultdict", b"cos\nsystem\n"), "os.system")
pickled("op-hooks", call("torch._utils _rebuild_tensor_v2", storage(1), b"K\x00", tup(b"K\x01"), tup(b"K\x01"), b"\x89", b"}K\x01K\x02s"), "hooks", storages=[bytes(4)])
pickled("op-codec", call("_codecs encode", u("x"), u("rot13")), "_codecs.encode", "do not fit")
pickled("op-set-of-text", call("builtins set", u("abc")), "builtins.set", "do not fit")
pickled("op-class-as-value", b"](ccollections\nOrderedDict\ne", "collections.OrderedDict", "[0]")

# The stack, the memo, numbers and lengths.

pickled("stack-underflow", b"\x86", "too few values")
pickled("stack-no-mark", b"K\x01t", "no mark")
pickled("stack-left-over", b"K\x01K\x02", "left over")
pickled("stack-open-mark", b"(K\x01K\x02\x86", "left over")
pickled("stack-appends-to-mark", b"(K\x01e", "too few values")
refused("no-stop", torch_file(P2 + b"K\x01"), "cut off")
refused("after-stop", torch_file(P2 + b"K\x01.K\x02."), "follow the end")
refused("empty-pickle", torch_file(b""), "cut off")
pickled("protocol-9", b"K\x01", "protocol 9", protocol=b"\x80\x09")
pickled("frame-lies", b"\x95" + struct.pack("<Q", 1 << 60) + b"K\x01", "frame", protocol=P4)
pickled("string-lies", b"X" + struct.pack("<I", 1 << 31), "cut off")
pickled("string-lies-64", b"\x8d" + struct.pack("<Q", 1 << 63), "cut off", protocol=P4)
pickled("bytes-lie", b"\x8e" + struct.pack("<Q", (1 << 64) - 1), "cut off", protocol=P4)
pickled("long-lies", b"\x8b\xff\xff\xff\xff", "cut off")
pickled("long-long", b"\x8b" + struct.pack("<I", 70000) + bytes(69999) + b"\x01", "int of 70000 bytes")
pickled("not-utf8", b"X\x02\x00\x00\x00\xc3\x28", "UTF-8")
pickled("name-without-end", b"c" + b"x" * 5000, "no end")
pickled("memo-far", b"K\x01r\xff\xff\xff\xff", "stores its value")
pickled("memo-ahead", b"K\x01q\x05", "stores its value")
pickled("memo-unset", b"h\x05", "refers to")
pickled("memo-unset-0", b"](K\x01q\x01h\x00e", "refers to")
pickled("key-list", b"}]K\x01s", "list cannot be the key")
pickled("key-without-value", b"}(K\x01K\x02K\x03u", "no value")
pickled("set-of-lists", b"\x8f(]\x90", "list cannot be in a set", protocol=P4)
pickled("append-to-dict", b"}K\x01a", "adds items to a dict")
pickled("setitem-of-list", b"]K\x01K\x02s", "sets items of a list")

# Bombs: few bytes that mean much.

pickled("bomb-lists", b"]" + b"q\x00" + b"".join(b"](" + b"h" + bytes([i]) * 1 + b"h" + bytes([i]) + b"eq" + bytes([i + 1]) for i in range(60)), "values")
pickled("bomb-tuples", b")q\x00" + b"".join(b"h" + bytes([i]) + b"h" + bytes([i]) + b"\x86q" + bytes([i + 1]) + b"0" for i in range(60)) + b"h\x3c", "left over")
half = b"".join(b"q" + bytes([i]) + b"h" + bytes([i]) + b"\x86" for i in range(60))
pickled("bomb-tuples-2", b"K\x01\x85" + half, "values")
pickled("bomb-tuple-key", b"}K\x01\x85" + half + b"K\x01s", "tuple cannot be the key")
pickled("key-too-long", b"}" + b"(" + b"K\x01" * 5000 + b"tK\x01s", "too long")
pickled("bomb-dicts", b"}q\x00" + b"".join(b"}(" + u("a") + b"h" + bytes([i]) + u("b") + b"h" + bytes([i]) + b"uq" + bytes([i + 1]) for i in range(60)), "left over")
pickled("bomb-encode", b"](" + u("x" * 20000) + b"q\x00" + u("latin1") + b"q\x01h\x00h\x01\x86q\x02c_codecs\nencode\nq\x03" + b"h\x03h\x02R" * 5000 + b"e", "far more")
pickled("bomb-bytearray", b"B" + struct.pack("<I", 20000) + bytes(20000) + b"\x85q\x00(cbuiltins\nbytearray\nq\x01" + b"h\x01h\x00R" * 5000 + b"t\x86", "far more", protocol=P4)
pickled("bomb-set", b"](" + b"".join(b"M" + struct.pack("<H", i) for i in range(3000)) + b"e\x85q\x00(cbuiltins\nset\nq\x01" + b"h\x01h\x00R" * 3000 + b"t\x86", "far more")
pickled("bomb-size", b"(" + b"K\x01" * 3000 + b"t\x85q\x00(ctorch\nSize\nq\x01" + b"h\x01h\x00R" * 3000 + b"t\x86", "far more")
pickled("bomb-keys", u("k" * 60000) + b"q\x00(" + b"}h\x00K\x01s" * 20000 + b"t\x86", "far more")
pickled("bomb-long-tuple-keys", b"(" + b"M\xff\xff" * 500 + b"tq\x00(" + b"}h\x00K\x01s" * 20000 + b"t\x86", "far more")
pickled("bomb-long-bytes-keys", b"B" + struct.pack("<I", 4096) + bytes(4096) + b"q\x00(" + b"}h\x00K\x01s" * 20000 + b"t\x86", "far more", protocol=P4)
pickled("bomb-long-int-keys", b"\x8b" + struct.pack("<I", 4000) + b"\x7f" * 4000 + b"q\x00(" + b"}h\x00K\x01s" * 20000 + b"t\x86", "far more")
pickled("bomb-build", b"}(" + b"".join(b"M" + struct.pack("<H", i) + b"N" for i in range(2000)) + b"uq\x00(cargparse\nNamespace\nq\x01" + b"h\x01)Rh\x00b" * 2000 + b"t\x86", "far more")
long = lambda letter: u(letter * 200_000)
wrong = b"]K\x01K\x02s"  # so that what is read WithOpaque up to here ends in an error, too
pickled("bomb-class-names", tup(long("m"), b"q\x00", long("n"), b"q\x01", b"h\x00h\x01\x93" * 20000, wrong), "names a class in 400000 letters", protocol=P4)
pickled("bomb-object-arguments", tup(u("os"), b"q\x00", u("system"), b"q\x01h\x00h\x01\x93q\x02", tup(b"N" * 1000), b"q\x03h\x02h\x03Rq\x04",
        b"h\x04h\x03R" * 40000, wrong), "os.system", protocol=P4)
pickled("bomb-numpy-zeros", tup(b"cnumpy\ndtype\nq\x00", u("U" + "0" * 200_000 + "5"), b"\x85q\x01", b"h\x00h\x01R" * 3000, wrong), "numpy dtype")
ten_keys = b"".join(b"K" + bytes([i]) + b"Ns" for i in range(10))
pickled("bomb-device-keys", tup(call("torch device", long("d")), b"q\x00}", ten_keys, b"h\x00Ns" * 100000, wrong), "do not fit")
pickled("bomb-layout-keys", tup(call("torch.serialization _get_layout", long("l")), b"q\x00}", ten_keys, b"h\x00Ns" * 100000, wrong), "do not fit")
pickled("bomb-rebuild", tup(b"ctorch._tensor\n_rebuild_from_type_v2\nq\x00ctorch\nTensor\nq\x01",
        tup(b"ctorch._utils\n_rebuild_tensor_v2\n", b"h\x01", tup(storage(4), b"K\x00", b")", b")", b"\x89", b"}"), b"N"), b"q\x02",
        *[tup(b"h\x00", b"h\x01", b"h\x02", b"N") + b"q\x020" for i in range(900)], b"h\x00h\x02R0" * 60000, wrong), "far more", storages=[bytes(16)])
pickled("bomb-attributes", tup(tensor(4, [4], [1]), b"q\x00N", b"N\x86" * 900, b"q\x01", b"h\x00h\x01b0" * 60000, wrong), "attributes are a tuple", storages=[bytes(16)])
pickled("nest-marks", b"(" * 100000, "nested more than")
pickled("nest-lists", b"]" * 20000 + b"a" * 19999, "nested more than")
pickled("nest-appends", b"](" * 3000 + b"e" * 3000, "nested more than")
pickled("nest-tuples", b")" + b"\x85" * 100000, "nested more than")
pickled("nest-dicts", (b"}" + u("k")) * 3000 + b"N" + b"s" * 3000, "nested more than")
pickled("nest-long-keys", u("k" * 200) + b"q\x000" + b"}h\x00" * 990 + b"cos\nsystem\n" + b"s" * 990, "os.system")
pickled("nest-by-memo", b"]q\x00" + b"]q\x01h\x00aq\x00" * 2000, "left over")
pickled("nest-by-memo-2", b"(]r\0\0\0\0" + b"".join(b"]r" + struct.pack("<I", i) + b"j" + struct.pack("<I", i - 1) + b"a" for i in range(1, 3000)) + b"t", "values")
pickled("nest-reduce", b"ccollections\nOrderedDict\n" * 5000 + b")" + b"R" * 5000, "")
pickled("self-list", b"]q\x00h\x00a", "contains itself")
pickled("self-dict", b"}q\x00" + u("me") + b"h\x00s", "contains itself")
pickled("self-tuple", b"]q\x00h\x00\x85q\x01ah\x01\x86", "contains itself")
pickled("self-attributes", call("collections OrderedDict") + b"q\x00}" + u("me") + b"h\x00sb", "contains itself")
pickled("self-tensor", tensor(1, [1], [1]) + b"q\x00}" + u("me") + b"h\x00sb", "contains itself", storages=[bytes(4)])

pickled("many-then-system", b"(" + b"]" * 300000 + b"cos\nsystem\nt", "os.system")
pickled("many-then-stack-global", b"(" + b"]" * 300000 + u("os") + b"\x94" + u("system") + b"\x94\x93t", "os.system", protocol=P4)

# Tensors that cannot be.

BIG = 1 << 62
four = [bytes(16)]
pickled("tensor-too-long", tensor(4, [5], [1]), "needs 20 bytes", storages=four)
pickled("tensor-offset", tensor(4, [1], [1], offset=4), "needs 20 bytes", storages=four)
pickled("tensor-stride", tensor(4, [2], [4]), "needs 20 bytes", storages=four)
pickled("tensor-negative-shape", tensor(4, [-1], [1]), "cannot be", storages=four)
pickled("tensor-negative-empty", tensor(4, [-1, 0], [1, 1]), "cannot be", storages=four)
pickled("tensor-negative-stride", tensor(4, [2], [-1]), "cannot be", storages=four)
pickled("tensor-negative-offset", tensor(4, [2], [1], offset=-1), "cannot be", storages=four)
pickled("tensor-overflow", tensor(4, [BIG, 4], [4, 1]), "tensor of shape", storages=four)
pickled("tensor-overflow-stride", tensor(4, [2, 2], [BIG, BIG]), "tensor of shape", storages=four)
pickled("tensor-overflow-offset", tensor(4, [2], [1], offset=(1 << 63) - 1), "cannot be", storages=four)
pickled("tensor-huge-int", tensor(4, [1 << 70], [1]), "do not fit", storages=four)
pickled("tensor-dims", tensor(4, [1] * 3000, [1] * 3000), "do not fit", storages=four)
pickled("tensor-strides-missing", tensor(4, [2, 2], [1]), "cannot be", storages=four)
pickled("tensor-float-shape", call("torch._utils _rebuild_tensor_v2", storage(4), b"K\x00", tup(b"G" + struct.pack(">d", 2)), tup(b"K\x01"), b"\x89", b"}"), "do not fit", storages=four)
pickled("tensor-of-list", call("torch._utils _rebuild_tensor_v2", b"]", b"K\x00", b")", b")", b"\x89", b"}"), "do not fit", storages=four)
pickled("tensor-v3-wider", call("torch._utils _rebuild_tensor_v3", storage(16, kind="torch.storage UntypedStorage"), b"K\x00", tup(b"K\x03"), tup(b"K\x01"), b"\x89", b"}", b"ctorch\nfloat64\n"), "needs 24 bytes", storages=four)
pickled("storage-short", tensor(4, [4], [1]), "should have 16 bytes", storages=[bytes(15)])
pickled("storage-long", tensor(4, [4], [1]), "should have 16 bytes", storages=[bytes(17)])
pickled("storage-10TB", tensor(10 << 38, [10 << 38], [1]), "should have 10995116277760 bytes", storages=four)
pickled("storage-overflow", tensor(1 << 62, [4], [1]), "should have", storages=four)
pickled("storage-negative", tensor(-1, [0], [1]), "not described", storages=four)
pickled("storage-missing", tensor(4, [4], [1], key="7"), "lacks the storage", storages=four)
pickled("storage-path", tensor(4, [4], [1], key="../data.pkl"), "lacks the storage", storages=four)
pickled("storage-two-ways", tup(tensor(4, [4], [1]), tensor(2, [2], [1], kind="torch DoubleStorage")), "two ways", storages=four)
pickled("numpy-short", call("numpy.core.multiarray _reconstruct", b"cnumpy\nndarray\n", tup(b"K\x00"), u("b")) +
        tup(b"K\x01", tup(num(1 << 40)), call("numpy dtype", u("f8"), b"\x89", b"\x88"), b"\x89", b"C\x08" + bytes(8)) + b"b", "bytes of data", protocol=P4)
pickled("numpy-object", call("numpy dtype", u("O8"), b"\x89", b"\x88"), "O8")
pickled("numpy-text-huge", call("numpy dtype", u("U99999999999")), "numpy dtype")

# Archives that lie.

good = P2 + u("w") + tensor(4, [4], [1]) + b"\x86."
sixteen = bytes(range(16))


def lying(file, words, **lies):
    at = {k: v for k, v in lies.items() if k in ("count", "size_", "offset_", "tail", "before_end", "comment")}
    lies = {k: v for k, v in lies.items() if k not in at}
    at = {k.rstrip("_"): v for k, v in at.items()}
    refused(file, archive(Entry("a/data.pkl", good), Entry("a/data/0", sixteen, **lies), Entry("a/version", b"3\n"), **at), *words)


zip64 = lambda *n: struct.pack("<HH", 1, 8 * len(n)) + b"".join(struct.pack("<Q", x) for x in n)
ALL = 0xFFFFFFFF
lying("zip-crc", ["CRC"], crc=1)
lying("zip-crc-local", ["disagree"], local_crc=1)
lying("zip-crc-central", ["disagree"], central_crc=1)
lying("zip-size-local", ["disagree"], local_size=15, local_packed=15)
lying("zip-size-central", ["disagree"], central_size=15, central_packed=15)
lying("zip-size-unpacked", ["two sizes"], central_size=17)
lying("zip-size-beyond", ["more than the file"], size=5000, packed=5000)
lying("zip-10TB", ["more than the file"], size=ALL, packed=ALL, extra=zip64(10 << 40, 10 << 40))
lying("zip-overflow", ["impossible"], size=ALL, packed=ALL, extra=zip64((1 << 64) - 1, (1 << 64) - 1))
lying("zip-zip64-cut", ["cut off"], size=ALL, packed=ALL, extra=zip64(16))
lying("zip-zip64-twice", ["two zip64"], size=ALL, packed=ALL, extra=zip64(16, 16) * 2)
lying("zip-zip64-disagrees", ["disagree"], size=ALL, packed=ALL, local_extra=zip64(15, 15), central_extra=zip64(16, 16))
lying("zip-extra-damaged", ["extra fields"], extra=b"\x01\x00\xff\x00")
lying("zip-offset-beyond", ["outside the file"], central_offset=1 << 30)
lying("zip-offset-inside", ["no entry begins"], central_offset=10)
lying("zip-offset-shared", ["disagree"], central_offset=0)
lying("zip-name-disagrees", ["disagree about name"], local_name=b"a/data/1")
lying("zip-flags-disagree", ["disagree about name, flags"], local_flags=8)
lying("zip-method-disagrees", ["disagree about name, flags or method"], local_method=8)
lying("zip-encrypted", ["encrypted"], flags=1)
lying("zip-patched", ["patched"], flags=32)
lying("zip-masked", ["encrypted"], flags=1 << 13)
lying("zip-descriptor-missing", ["disagree"], flags=8)
lying("zip-count-more", ["declares 9"], count=9)
lying("zip-count-less", ["more entries"], count=2)
lying("zip-count-most", ["65535 entries"], count=65535)
lying("zip-directory-size", ["not where"], size_=1)
lying("zip-directory-offset", ["not where"], offset_=0)
lying("zip-appended", ["end of the zip file is missing"], tail=b"x" * 70000)
lying("zip-locator", ["zip64 end record is not where"], before_end=struct.pack("<IIQI", 0x07064B50, 0, 1 << 60, 1))
lying("zip-end64-cut", ["zip64 end record is not where"], before_end=struct.pack("<IIQI", 0x07064B50, 0, 0, 1))
for i, name in enumerate(["../data/0", "/etc/passwd", "a//data/0", "a/./data/0", "a/../a/data/0", "a\\data\\0", "a/data/0\0.txt", "a/data/", ""]):
    lying(f"zip-path-{i}", ["no such name"], local_name=name.encode(), central_name=name.encode())
lying("zip-outside", ["outside the folder"], local_name=b"b/data/0", central_name=b"b/data/0")
lying("zip-duplicate", ["two entries"], local_name=b"a/data.pkl", central_name=b"a/data.pkl")
packed = zlib.compressobj(9, zlib.DEFLATED, -15)
bomb = packed.compress(bytes(100 << 20)) + packed.flush()
refused("zip-deflated", archive(Entry("a/data.pkl", good, 8, zlib.compress(good)[2:-4]), Entry("a/data/0", sixteen)), "compressed", "torch.save")
refused("zip-deflate-bomb", archive(Entry("a/data.pkl", good), Entry("a/data/0", bytes(100 << 20), 8, bomb)), "compressed")
deflated = lambda b: zlib.compress(b)[2:-4]
version = Entry("a/version", b"3\n")


def deflated_file(name, words, pickle=Entry("a/data.pkl", good), storage=Entry("a/data/0", sixteen, 8, deflated(sixteen)), more=()):
    refused("zip-deflate-" + name, archive(pickle, storage, version, *more), *words)


def wanting(numel):
    return Entry("a/data.pkl", P2 + u("w") + tensor(numel, [numel], [1]) + b"\x86.")


deflated_file("storage-bomb", ["compressed", "torch.save"], wanting(25 << 20), Entry("a/data/0", bytes(100 << 20), 8, bomb))
deflated_file("pickle-bomb", ["compressed", "torch.save"], Entry("a/data.pkl", bytes(100 << 20), 8, bomb))
deflated_file("pickle-longer", ["inflates to more"], Entry("a/data.pkl", good, 8, deflated(good + b"x")))
deflated_file("pickle-shorter", ["inflate to"], Entry("a/data.pkl", good, 8, deflated(good[:-1])))
deflated_file("pickle-garbage", ["inflate to"], Entry("a/data.pkl", good, 8, b"\xff" * 50))
deflated_file("pickle-crc", ["CRC"], Entry("a/data.pkl", good, 8, deflated(good), crc=5))
deflated_file("pickle-10TB", ["no list of weights"], Entry("a/data.pkl", good, 8, deflated(good), size=ALL, extra=zip64(10 << 40)))
deflated_file("storage-size", ["should have 16 bytes"], storage=Entry("a/data/0", bytes(17), 8, deflated(bytes(17))))
deflated_file("beyond", ["more than the file"], storage=Entry("a/data/0", sixteen, 8, deflated(sixteen), packed=5000))
deflated_file("byteorder", ["compressed"], more=[Entry("a/byteorder", bytes(100 << 20), 8, bomb)])
many = P2 + b"(" + b"".join(tensor(5 << 20, [1], [1], key=str(i)) for i in range(8)) + b"t."
refused("zip-deflate-bombs", archive(Entry("a/data.pkl", many), *[Entry(f"a/data/{i}", bytes(20 << 20), 8, deflated(bytes(20 << 20))) for i in range(8)], version), "compressed", "torch.save")
overlap = Entry("a/data/1", b"")
outer = Entry("a/data/0", overlap.local(0) + sixteen[8:])
first = Entry("a/data.pkl", good)
at = len(first.local(0)) + len(good) + len(outer.local(0))
refused("zip-overlap", archive(first, outer, Entry("a/data/1", b"", central_offset=at)), "overlap")
refused("zip-same-entry-twice", archive(first, Entry("a/data/0", sixteen), Entry("a/data/0", sixteen, central_offset=len(first.local(0)) + len(good))), "overlap")
refused("zip-no-pickle", archive(Entry("a/data/0", sixteen)), "no a/data.pkl")
refused("zip-empty", archive(), "empty")
refused("zip-pickle-crc", archive(Entry("a/data.pkl", good, crc=5), Entry("a/data/0", sixteen)), "data.pkl", "CRC")
refused("zip-unused-crc", archive(Entry("a/data.pkl", P2 + b"N."), Entry("a/data/0", sixteen, crc=5)), "a/data/0", "CRC")
refused("zip-big-endian", archive(Entry("a/data.pkl", good), Entry("a/byteorder", b"big"), Entry("a/data/0", sixteen)), "big-endian")
refused("zip-many", archive(*[Entry(f"a/data/{i}", b"") for i in range(20000)]), "no a/data.pkl")
refused("zip-many-at-one", archive(first, *[Entry("a/data/0", b"", central_offset=0) for i in range(20000)]), "disagree")

# The format before 1.6.

MAGIC = P2 + b"\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
HEAD = MAGIC + P2 + b"M\xe9\x03." + P2 + b"}" + u("little_endian") + b"\x88s."


def old_storage(numel, key="0", view=b"N"):
    return tup(u("storage"), b"ctorch\nFloatStorage\n", u(key), u("cpu"), num(numel), view) + b"Q"


def old(name, numel, data, *words, keys=b"]" + u("0") + b"a", head=HEAD, view=b"N"):
    t = call("torch._utils _rebuild_tensor_v2", old_storage(numel, view=view), b"K\x00", tup(num(numel)), tup(b"K\x01"), b"\x89", b"}")
    refused("old-" + name, head + P2 + t + b"." + P2 + keys + b"." + data, *words)


old("count", 2, struct.pack("<Qff", 3, 1, 2), "should have 8 bytes")
old("count-negative", 2, struct.pack("<Qff", (1 << 63) | 2, 1, 2), "should have 8 bytes")
old("10TB", 10 << 38, struct.pack("<Qff", 10 << 38, 1, 2), "should have")
old("short", 2, struct.pack("<Qf", 2, 1), "should have 8 bytes")
old("long", 2, struct.pack("<Qfff", 2, 1, 2, 3), "follow the last storage")
old("unlisted", 2, b"", "lacks the data", keys=b"]")
old("unknown-key", 2, struct.pack("<Qff", 2, 1, 2), "no tensor refers to", keys=b"]" + u("9") + b"a")
old("listed-twice", 2, struct.pack("<Qff", 2, 1, 2) * 2, "lists it twice", keys=b"](" + u("0") + u("0") + b"e")
old("view", 2, b"", "view of another", view=tup(u("1"), b"K\x00", b"K\x02"))
old("version", 2, b"", "version", head=MAGIC + P2 + b"K\x07." + HEAD[len(MAGIC) + 6:])
old("big-endian", 2, b"", "big-endian", head=HEAD[:-3] + b"\x89s.")
key = tup(u("storage"), b"ctorch\nFloatStorage\n", long("k"), u("cpu"), num(1), b"N")
refused("old-bomb-keys", HEAD + P2 + tup(key, b"q\x00", b"h\x00Q0" * 60000, wrong) + b".", "not described")
refused("old-system", HEAD + P2 + call("os system", u("true")) + b".", "os.system")
refused("old-tar", bytes(257) + b"ustar" + bytes(250), "tar file")
