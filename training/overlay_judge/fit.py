"""Fit the logistic judge: ``python -m training.overlay_judge.fit --photos PLACES``.

``PLACES`` is a folder that ``training.overlay_judge.collect`` filled. Logistic regression on the traits, with
PyTorch, written as JSON: a weight by name.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch

from training.overlay_judge.data import collected, sorted_names


def fit(places: Path, seed: int) -> dict[str, float]:
    """Weights by name, with a bias, in the traits' own units."""
    torch.manual_seed(seed)
    columns = collected(places, ("traits", "overlay"))
    values, truth = columns["traits"], columns["overlay"]
    mean, spread = values.mean(0), values.std(0) + 0.05
    standard, wanted = torch.from_numpy((values - mean) / spread), torch.from_numpy(truth).float()
    layer = torch.nn.Linear(values.shape[1], 1)
    optimiser = torch.optim.AdamW(layer.parameters(), 1e-2, weight_decay=5e-2)
    for _ in range(400):
        optimiser.zero_grad()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(layer(standard)[:, 0], wanted)
        loss.backward()
        optimiser.step()
    print(f"{len(truth)} places, {truth.mean():.0%} overlays, loss {loss.item():.3f}")
    slopes = layer.weight.detach().numpy()[0] / spread
    weights = {name: round(float(slope), 4) for name, slope in zip(sorted_names(), slopes, strict=True)}
    return {"bias": round(float(layer.bias.item() - slopes @ mean), 4), **weights}


def main() -> None:
    """Fit and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True, help="folder of collected places")
    parser.add_argument("--out", type=Path, default=Path("src/packshot/backends/logistic_judge.json"))
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    weights = fit(arguments.photos, arguments.seed)
    arguments.out.write_text(json.dumps(weights, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
