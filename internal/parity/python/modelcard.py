"""What a reader of Hugging Face's model cards makes of one: its front matter as YAML, and by huggingface_hub where that is installed."""
import json, sys
import yaml

text = open(json.load(sys.stdin)["path"], encoding="utf-8").read()
_, front, body = text.split("---\n", 2)
out = {"front": yaml.safe_load(front), "body": body}
try:
    from huggingface_hub import ModelCard
    data = ModelCard(text).data
    out["results"] = [[r.task_type, r.dataset_name, r.metric_type, r.metric_value] for r in data.eval_results or []]
except ImportError:
    pass
print(json.dumps(out))
