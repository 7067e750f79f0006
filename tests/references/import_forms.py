#!/usr/bin/env python3
"""One network in every form that `resnet convert` reads, converted and compared. Needs torch, torchvision, h5py, onnx, Pillow.

    import_forms.py PROGRAM torch|keras MODEL.safetensors      # MODEL: a torchvision checkpoint, its architecture in the metadata

keras needs a ResNet-50.

Prints a line for each form with the largest difference that was found. Exit status: 0 all as expected, 1 not, 77 skipped
(the last line says why).

SPDX-License-Identifier: MIT
"""
import copy, json, os, struct, subprocess, sys, tempfile, warnings

try:
    import h5py, numpy as np, onnx, torch, torchvision
    from onnx import helper, numpy_helper
    from PIL import Image
except ImportError as missing:
    print(f"{sys.executable} cannot import {missing.name}")
    sys.exit(77)

KERAS_EPSILON = 1.001e-5
DTYPES = {"F32": np.float32, "F16": np.float16, "I64": np.int64, "U8": np.uint8}
NAMES = {np.dtype(v): k for k, v in DTYPES.items()}
failures = 0


def read(path):
    raw = open(path, "rb").read()
    size = struct.unpack("<Q", raw[:8])[0]
    head, body = json.loads(raw[8:8 + size]), raw[8 + size:]
    meta = head.pop("__metadata__", {})
    return meta, {k: np.frombuffer(body[v["data_offsets"][0]:v["data_offsets"][1]], DTYPES[v["dtype"]]).reshape(v["shape"]) for k, v in head.items()}


def write(path, tensors):
    head, offset, blobs = {"__metadata__": {"format": "pt"}}, 0, []
    for k, t in tensors.items():
        a = np.ascontiguousarray(t.numpy()).reshape(t.shape)
        head[k] = {"dtype": NAMES[a.dtype], "shape": list(a.shape), "data_offsets": [offset, offset + a.nbytes]}
        offset += a.nbytes
        blobs.append(a.tobytes())
    text = json.dumps(head).encode()
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def layers(state):
    """(convolution, batch-norm) by torchvision's names, in the order of the state."""
    convs = [k[:-7] for k, v in state.items() if v.dim() == 4]
    return [(c, c[:-1] + "1" if "downsample" in c else c.replace("conv", "bn")) for c in convs]


def huggingface(layer):
    part = layer.split(".")
    if len(part) == 1:
        return {"conv1": "resnet.embedder.embedder.convolution", "bn1": "resnet.embedder.embedder.normalization", "fc": "classifier.1"}[layer]
    block = f"resnet.encoder.stages.{int(part[0][5:]) - 1}.layers.{part[1]}"
    if part[2] == "downsample":
        return f"{block}.shortcut.{'convolution' if part[3] == '0' else 'normalization'}"
    return f"{block}.layer.{int(part[2][-1]) - 1}.{'convolution' if part[2].startswith('conv') else 'normalization'}"


def keras(layer, kind):
    part = layer.split(".")
    if len(part) == 1:
        return f"conv1_{kind}"
    return f"conv{int(part[0][5:]) + 1}_block{int(part[1]) + 1}_{0 if part[2] == 'downsample' else part[2][-1]}_{kind}"


def old_keras(layer, kind):
    part = layer.split(".")
    if len(part) == 1:
        return {"conv": "conv1", "bn": "bn_conv1"}[kind]
    branch = "1" if part[2] == "downsample" else "2" + "abc"[int(part[2][-1]) - 1]
    return f"{'res' if kind == 'conv' else 'bn'}{int(part[0][5:]) + 1}{'abcdefghijklmnopqrstuvwxyz'[int(part[1])]}_branch{branch}"


def write_keras(path, state, biases, name, old=False, model_config=None):
    """As Keras writes weights; with a configuration as it saves a whole model, the network nested in a Sequential."""
    words = {"kernel": "W", "bias": "b", "moving_mean": "running_mean", "moving_variance": "running_std"} if old else {}

    def group(where, layer, arrays):
        for k, a in arrays.items():
            variable = f"{layer}_{words.get(k, k)}_1" if old else f"{layer}/{k}"
            where.create_dataset(f"{variable}:0", data=a.numpy())

    with h5py.File(path, "w") as f:
        f.attrs["backend"], f.attrs["keras_version"] = b"tensorflow", b"2.1.5"
        top = f
        if model_config:
            f.attrs["model_config"] = json.dumps(model_config).encode()
            top = f.create_group("model_weights")
            f.create_group("optimizer_weights").create_dataset("iter:0", data=np.int64(3))
        for conv, norm in layers(state):
            w = state[conv + ".weight"]
            for kind, arrays in (("conv", {"kernel": w.permute(2, 3, 1, 0).contiguous(), "bias": biases[conv]}),
                                 ("bn", {"gamma": state[norm + ".weight"], "beta": state[norm + ".bias"],
                                         "moving_mean": state[norm + ".running_mean"], "moving_variance": state[norm + ".running_var"]})):
                layer = name(conv, kind)
                group(top.require_group("resnet50" if model_config else layer), layer, arrays)
        head = "fc1000" if old else "predictions"
        group(top.create_group(head), head, {"kernel": state["fc.weight"].t().contiguous(), "bias": state["fc.bias"]})


class TensorFlowGraph:
    """The network as tf2onnx exports Keras's: pictures with channels last, Pad nodes, biases as Add nodes."""

    def __init__(self, state, biases, strides, fold):
        self.state, self.biases, self.strides, self.fold = state, biases, strides, fold
        self.nodes, self.constants = [], []

    def constant(self, name, array):
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def node(self, op, inputs, **attributes):
        out = f"{op}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [out], name=out, **attributes))
        return out

    def pad(self, x, by):
        return self.node("Pad", [x, self.constant(f"pads{len(self.nodes)}", np.array([0, 0, by, by, 0, 0, by, by], np.int64))])

    def conv(self, x, conv, norm, relu):
        s, w = self.state, self.state[conv + ".weight"].numpy()
        side = w.shape[2] // 2
        bias = self.biases[conv].numpy()
        if self.fold:
            scale = s[norm + ".weight"].numpy() / np.sqrt(s[norm + ".running_var"].numpy() + np.float32(KERAS_EPSILON))
            w, bias = w * scale[:, None, None, None], (bias - s[norm + ".running_mean"].numpy()) * scale + s[norm + ".bias"].numpy()
        if side:
            x = self.pad(x, side)
        x = self.node("Conv", [x, self.constant(conv + "/w", w)], strides=[self.strides[conv]] * 2, kernel_shape=list(w.shape[2:]))
        x = self.node("Add", [x, self.constant(conv + "/b", bias.reshape(1, -1, 1, 1))])
        if not self.fold:
            x = self.node("BatchNormalization", [x] + [self.constant(f"{norm}/{k}", s[f"{norm}.{k}"].numpy()) for k in ("weight", "bias", "running_mean", "running_var")],
                          epsilon=KERAS_EPSILON)
        return self.node("Relu", [x]) if relu else x

    def write(self, path):
        by_block = {}
        for conv, norm in layers(self.state)[1:]:
            by_block.setdefault(conv.rsplit(".conv", 1)[0].rsplit(".downsample", 1)[0], []).append((conv, norm))
        x = self.node("Transpose", ["input_1"], perm=[0, 3, 1, 2])
        x = self.conv(x, "conv1", "bn1", True)
        x = self.node("MaxPool", [self.pad(x, 1)], kernel_shape=[3, 3], strides=[2, 2])
        for convs in by_block.values():
            main = [c for c in convs if "downsample" not in c[0]]
            side, y = x, x
            for i, (conv, norm) in enumerate(main):
                y = self.conv(y, conv, norm, i + 1 < len(main))
            for conv, norm in convs:
                if "downsample" in conv:
                    side = self.conv(x, conv, norm, False)
            x = self.node("Relu", [self.node("Add", [side, y])])
        x = self.node("ReduceMean", [x], axes=[2, 3], keepdims=0)
        x = self.node("MatMul", [x, self.constant("dense/w", self.state["fc.weight"].t().numpy())])
        x = self.node("Softmax", [self.node("Add", [x, self.constant("dense/b", self.state["fc.bias"].numpy())])])
        value = helper.make_tensor_value_info
        graph = helper.make_graph(self.nodes, "tf2onnx", [value("input_1", 1, ["N", 224, 224, 3])], [value(x, 1, ["N", 1000])], self.constants)
        onnx.save(helper.make_model(graph, producer_name="tf2onnx", opset_imports=[helper.make_opsetid("", 13)]), path)


class Converter:
    def __init__(self, program, folder):
        self.program, self.folder = program, folder

    def __call__(self, path, *options):
        """The model file's tensors and metadata; the form's own file is removed."""
        out = os.path.join(self.folder, "out.safetensors")
        done = subprocess.run([self.program, "convert", path, out, *options], capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{os.path.basename(path)}: {done.stderr}")
        os.remove(path)
        meta, tensors = read(out)
        return meta, {k: v.copy() for k, v in tensors.items()}


def report(form, difference, limit, what="tensors"):
    global failures
    good = difference <= limit
    failures += not good
    print(f"{'ok    ' if good else 'FAILED'} {form:34} {what} differ by {difference:.3g}, at most {limit:.3g} was expected")


def distance(a, b):
    """The largest difference of a tensor, relative to its largest number; golden tensors are apart."""
    names = sorted(k for k in b if not k.startswith("golden."))
    if names != sorted(k for k in a if not k.startswith("golden.")):
        return float("inf")
    return max(float(np.abs(a[k].astype(np.float64) - b[k]).max() / (np.abs(b[k]).max() or 1)) for k in names)


def golden_distance(meta, tensors, net):
    """The program's logits of its own test picture against torch's, relative to their norm."""
    recipe = json.loads(meta["recipe"])
    picture = Image.fromarray(tensors["golden.input"])
    assert recipe["order"] == "BGR" and recipe["resize"]["filter"] == "nearest", recipe
    pixels = np.asarray(picture.resize((224, 224), Image.NEAREST)).astype(np.float32)
    x = pixels[:, :, ::-1] * np.float32(recipe["scale"]) - np.array(recipe["mean"], np.float32)
    with torch.no_grad():
        expected = net(torch.from_numpy(x.transpose(2, 0, 1).copy())[None])[0].numpy()
    return float(np.linalg.norm(tensors["golden.logits"] - expected) / np.linalg.norm(expected))


def torch_forms(net, state, architecture, folder, convert, reference):
    place = lambda name: os.path.join(folder, name)
    torch.save(state, place("a.pth"))
    report("state dict, zip", distance(convert(place("a.pth"))[1], reference), 0)
    torch.save(state, place("a.pth"), _use_new_zipfile_serialization=False)
    report("state dict, before 1.6", distance(convert(place("a.pth"))[1], reference), 0)
    torch.save({"epoch": 90, "state_dict": {"module." + k: v for k, v in state.items()}, "optimizer": {"state": {}, "param_groups": [{"lr": 0.1}]}}, place("a.pth"))
    report("DataParallel checkpoint", distance(convert(place("a.pth"))[1], reference), 0)
    write(place("a.safetensors"), state)
    report("timm's safetensors", distance(convert(place("a.safetensors"))[1], reference), 0)
    renamed = {huggingface(k.rsplit(".", 1)[0]) + "." + k.rsplit(".", 1)[1]: v for k, v in state.items()}
    write(place("hf.safetensors"), renamed)
    report("Hugging Face's safetensors", distance(convert(place("hf.safetensors"))[1], reference), 0)
    torch.save(renamed, place("pytorch_model.bin"))
    report("Hugging Face's pytorch_model.bin", distance(convert(place("pytorch_model.bin"))[1], reference), 0)
    half = {k: v.half() if v.is_floating_point() else v for k, v in state.items()}
    torch.save(half, place("half.pth"))
    write(place("rounded.safetensors"), {k: v.float() if v.is_floating_point() else v for k, v in half.items()})
    rounded = convert(place("rounded.safetensors"))[1]
    report("float16 (against its rounding)", distance(convert(place("half.pth"))[1], rounded), 0)
    x, mode = torch.zeros(1, 3, 224, 224), torch.onnx.TrainingMode
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(net, x, place("folded.onnx"), opset_version=13)
        torch.onnx.export(net, x, place("unfolded.onnx"), opset_version=13, training=mode.PRESERVE, do_constant_folding=False)
    meta, tensors = convert(place("folded.onnx"))
    report("ONNX of torch, folded by it", distance(tensors, reference), 1e-6)
    assert meta["architecture"] == architecture and meta["variant"] == "torchvision", meta
    report("ONNX of torch, not folded", distance(convert(place("unfolded.onnx"))[1], reference), 0)


def keras_network(net):
    """The same tensors in Keras's graph: another stride, another epsilon, and convolutions with bias."""
    net = copy.deepcopy(net)
    torch.manual_seed(1)
    biases = {}
    for name, module in net.named_modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.eps = KERAS_EPSILON
        if isinstance(module, torch.nn.Conv2d):
            biases[name] = 0.1 * torch.randn(module.out_channels)
            module.bias = torch.nn.Parameter(biases[name])
    for layer in (net.layer2, net.layer3, net.layer4):
        layer[0].conv1.stride, layer[0].conv2.stride = (2, 2), (1, 1)
    return net, biases


def keras_forms(net, state, folder, convert):
    net, biases = keras_network(net)
    place = lambda name: os.path.join(folder, name)
    # Before folding: the same tensors under torchvision's names, with what the graph adds said by options.
    write(place("a.safetensors"), {**state, **{k + ".bias": v for k, v in biases.items()}})
    reference = convert(place("a.safetensors"), "--variant", "keras", "--epsilon", str(KERAS_EPSILON), "--recipe", "keras")[1]
    write_keras(place("keras.h5"), state, biases, keras)
    meta, tensors = convert(place("keras.h5"))
    assert meta["variant"] == "keras", meta
    report("Keras's weights", distance(tensors, reference), 0)
    # The engine's bound for a ResNet-50 against torch is 4e-6 of the norm; golden.logits are its answer.
    report("Keras's weights", golden_distance(meta, tensors, net), 4e-6, "logits")
    config = {"class_name": "Sequential", "config": {"layers": [
        {"class_name": "Functional", "config": {"layers": [
            {"class_name": "BatchNormalization", "config": {"epsilon": KERAS_EPSILON}},
            {"class_name": "Conv2D", "config": {"kernel_size": [3, 3], "strides": [1, 1]}}]}},
        {"class_name": "Dense", "config": {"activation": "softmax"}}]}}
    write_keras(place("model.h5"), state, biases, keras, model_config=config)
    report("Keras's saved model, nested", distance(convert(place("model.h5"))[1], reference), 0)
    write_keras(place("old.h5"), state, biases, old_keras, old=True)
    report("the older Keras's names", distance(convert(place("old.h5"), "--epsilon", str(KERAS_EPSILON))[1], reference), 0)
    strides = {name: m.stride[0] for name, m in net.named_modules() if isinstance(m, torch.nn.Conv2d)}
    TensorFlowGraph(state, biases, strides, fold=False).write(place("tf.onnx"))
    meta, tensors = convert(place("tf.onnx"))
    assert meta["variant"] == "keras", meta
    report("ONNX of Keras, not folded", distance(tensors, reference), 0)
    TensorFlowGraph(state, biases, strides, fold=True).write(place("tf.onnx"))
    meta, tensors = convert(place("tf.onnx"))
    report("ONNX of Keras, folded", distance(tensors, reference), 1e-6)
    report("ONNX of Keras, folded", golden_distance(meta, tensors, net), 1e-5, "logits")


def main():
    if len(sys.argv) != 4 or sys.argv[2] not in ("torch", "keras"):
        sys.exit(__doc__)
    program, forms, source = sys.argv[1:]
    meta, arrays = read(source)
    state = {k: torch.from_numpy(v.copy()) for k, v in arrays.items()}
    net = getattr(torchvision.models, meta["architecture"])()
    net.load_state_dict(state)
    net.eval()
    with tempfile.TemporaryDirectory() as folder:
        convert = Converter(program, folder)
        if forms == "torch":
            write(os.path.join(folder, "reference.safetensors"), state)
            reference = convert(os.path.join(folder, "reference.safetensors"))[1]
            torch_forms(net, state, meta["architecture"], folder, convert, reference)
        else:
            keras_forms(net, state, folder, convert)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
