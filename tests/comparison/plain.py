"""The preparation of a table by scikit-learn alone, as saved models of format 1 have it, but for cycles of dates."""

from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, QuantileTransformer, StandardScaler, TargetEncoder

from imbaloss.comparison.columns import ColumnKind, Schema
from imbaloss.comparison.preparation import QUANTILES_OF


def column_transformer(schema: Schema, positives: int) -> ColumnTransformer:
    numbers = Pipeline([
        ("quantiles", QuantileTransformer(output_distribution="normal", subsample=QUANTILES_OF, random_state=0)),
        ("scale", StandardScaler()),
        ("missing", SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)),
    ])  # fmt: skip
    folds = StratifiedKFold(min(max(positives, 2), 5), shuffle=True, random_state=0)
    many = Pipeline([("target", TargetEncoder(target_type="binary", cv=folds)), ("scale", StandardScaler())])
    names = {
        kind: [column.name for column in schema.columns if column.kind == kind]
        for kind in (ColumnKind.CATEGORY, ColumnKind.MANY)
    }
    parts = [
        ("numbers", numbers, [column.name for column in schema.columns if column.is_number]),
        ("categories", OneHotEncoder(handle_unknown="ignore", sparse_output=False), names[ColumnKind.CATEGORY]),
        ("many", many, names[ColumnKind.MANY]),
        (
            "cycles",
            SimpleImputer(strategy="constant", fill_value=0.0),
            [one.name for one in schema.columns if one.is_cycle],
        ),
    ]
    return ColumnTransformer([part for part in parts if part[2]])
