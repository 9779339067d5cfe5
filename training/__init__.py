"""How the label model of `speechaudit.classifiers` is made; see `training/train.py`."""
