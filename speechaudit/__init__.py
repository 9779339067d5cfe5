"""Audits how staff of service windows speak."""

import os

__version__ = "0.1.0"

# Nothing leaves the machine. ONNX Runtime reports its use to its maker unless this is set before it is loaded
# (github.com/microsoft/onnxruntime/pull/27379); huggingface_hub tells what asks for a model.
os.environ.update(ORT_DISABLE_TELEMETRY="1", HF_HUB_DISABLE_TELEMETRY="1", DO_NOT_TRACK="1")
