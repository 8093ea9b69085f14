"""Forecasts of opponents, for ``series_systems.py``: statsforecast's models and gradient boosting on lags."""

import os

import numpy as np

THREADS = int(os.environ.get("OMP_NUM_THREADS", "1"))
SEASON = 24
"""Hours of the season of the statistical forecasts."""


def quantiles_of(found, levels):
    """(quantiles, horizon) from a mean and the bounds of central intervals; ``levels`` ascend, .5 among them."""
    rows = []
    for level in levels:
        if level == 0.5:
            rows.append(found["mean"])
        else:
            inside = round(100 * abs(2 * level - 1))
            rows.append(found[f"{'lo' if level < 0.5 else 'hi'}-{inside}"])
    return np.stack(rows)


def searched(model):
    """The orders, and the terms, that a search found."""
    p, q, sp, sq, season, d, sd = (int(part) for part in model.model_["arma"])
    terms = {"include_mean": "intercept" in model.model_["coef"], "include_drift": "drift" in model.model_["coef"]}
    return {"order": (p, d, q), "seasonal_order": (sp, sd, sq), "season_length": season, **terms}


def forecast_statsforecast(plan, arrays, clock):
    """One model a history; ARIMA's orders are searched once for each series and fitted again at each origin."""
    from statsforecast.models import ARIMA, AutoARIMA, AutoETS, AutoTheta, SeasonalNaive

    levels, histories, series = plan["quantiles"], arrays["histories"], arrays["series"]
    inside = sorted({round(100 * abs(2 * level - 1)) for level in levels if level != 0.5})
    orders, found = {}, np.zeros((len(levels), len(histories), plan["horizon"]))
    makers = {"auto_ets": AutoETS, "theta": AutoTheta, "seasonal_naive": SeasonalNaive, "auto_arima": AutoARIMA}
    makers[plan["system"]](season_length=1).forecast(y=histories[0][-60:], h=2, level=inside)  # compiles it
    clock("compile")
    for row, history in enumerate(histories):
        values = history[np.isfinite(history)]
        season = SEASON if len(values) > 2 * SEASON else 1
        if plan["system"] == "auto_arima":
            if series[row] not in orders:
                orders[series[row]] = searched(AutoARIMA(season_length=season, approximation=True).fit(values))
            model = ARIMA(**orders[series[row]])
        else:
            model = makers[plan["system"]](season_length=season)
        try:
            answer = model.forecast(y=values, h=plan["horizon"], level=inside)
        except Exception:  # an order that cannot be fitted to this history
            answer = SeasonalNaive(season_length=season).forecast(y=values, h=plan["horizon"], level=inside)
        found[:, row] = quantiles_of(answer, levels)
    clock("forecast")
    return {"quantiles": found}


def lag_features(history, horizon, hours):
    """(horizon, features): the last day, the same hour of the last week, its mean, the step ahead and the clock."""
    last = history[-SEASON:]
    same = np.stack(
        [history[-7 * SEASON :].reshape(7, SEASON)[day, np.arange(horizon) % SEASON] for day in range(7)], 1
    )
    ahead = np.arange(1, horizon + 1)
    clock = (hours + ahead)[:, None] % np.array([SEASON, 7 * SEASON])
    return np.concatenate([np.tile(last, (horizon, 1)), same, same.mean(1)[:, None], ahead[:, None], clock], 1)


def forecast_boosted_lags(plan, arrays, clock):
    """LightGBM, a model for each quantile over all series of a set, on lags over the last week's mean and spread."""
    import lightgbm

    rng, horizon, week = np.random.default_rng(plan["seed"]), plan["horizon"], 7 * SEASON
    rows, targets = [], []
    known = {name: values[np.isfinite(values)] for name, values in enumerate(arrays["training"])}
    usable = {name: len(values) - week - horizon for name, values in known.items()}
    total = sum(max(count, 0) for count in usable.values())
    for name, values in known.items():
        count = min(max(usable[name], 0), max(50, round(plan["origins"] * usable[name] / total)))
        if count <= 0:
            continue
        for origin in rng.choice(usable[name], count, replace=False) + week:
            history = values[origin - week : origin]
            loc, scale = history.mean(), history.std() + 1e-6
            steps = rng.choice(horizon, min(horizon, 8), replace=False)
            hours = origin + int(arrays["first_hour"][name])
            rows.append(lag_features((history - loc) / scale, horizon, hours)[steps])
            targets.append((values[origin : origin + horizon][steps] - loc) / scale)
    x, y = np.concatenate(rows), np.concatenate(targets)
    settings = {"n_estimators": 200, "learning_rate": 0.08, "num_leaves": 31, "verbose": -1, "n_jobs": THREADS}
    models = [
        lightgbm.LGBMRegressor(objective="quantile", alpha=level, random_state=plan["seed"], **settings).fit(x, y)
        for level in plan["quantiles"]
    ]
    clock("fit")
    asked, locs, scales = [], [], []
    for history, hours in zip(arrays["histories"], arrays["hours"], strict=True):
        last = history[-week:]
        locs.append(last.mean())
        scales.append(last.std() + 1e-6)
        asked.append(lag_features((last - locs[-1]) / scales[-1], horizon, int(hours)))
    found = np.stack([model.predict(np.concatenate(asked)).reshape(len(asked), horizon) for model in models])
    found = np.sort(found, 0) * np.array(scales)[:, None] + np.array(locs)[:, None]
    clock("forecast")
    return {"quantiles": found}
