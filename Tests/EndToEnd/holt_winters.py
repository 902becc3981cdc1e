"""Forecasts of statsmodels' Holt-Winters, for a comparison: weights fitted on the first days, then one step after another.

Reads {"values": [...], "season": rows of a day, "fitted": rows to fit, "horizons": [rows...]} and writes, for each horizon,
what was expected of each row; null before.
"""

import json
import sys
import warnings

from statsmodels.tsa.holtwinters import ExponentialSmoothing

warnings.simplefilter("ignore")
task = json.load(sys.stdin)
values, season, fitted = task["values"], task["season"], task["fitted"]
model = ExponentialSmoothing(
    values[:fitted], seasonal="add", seasonal_periods=season, initialization_method="heuristic").fit()
alpha, gamma = model.params["smoothing_level"], model.params["smoothing_seasonal"]
level = model.level[-1]
# Of each time of day, that of the next row first.
seasons = list(model.season[-season:])
expected = {str(horizon): [None] * len(values) for horizon in task["horizons"]}
for row in range(fitted, len(values)):
    for horizon in task["horizons"]:
        target = row - 1 + horizon
        if target < len(values):
            expected[str(horizon)][target] = level + seasons[(horizon - 1) % season]
    usual = seasons.pop(0)
    former = level
    level = alpha * (values[row] - usual) + (1 - alpha) * former
    seasons.append(gamma * (values[row] - former) + (1 - gamma) * usual)
json.dump(expected, sys.stdout)
