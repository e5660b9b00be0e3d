"""What vLLM's worker refuses before it loads a model, and no configuration does."""

from vllm.config import set_current_vllm_config
from vllm.platforms import current_platform
from vllm.v1.attention.selector import get_attn_backend


def check(config):
    """Raises as the worker does: number formats, and attention without any kernel for it."""
    model = config.model_config
    current_platform.check_if_supports_dtype(model.dtype)
    if model.is_attention_free or model.is_encoder_decoder:
        return
    with set_current_vllm_config(config):
        try:
            get_attn_backend(
                model.get_head_size(),
                model.dtype,
                config.cache_config.cache_dtype,
                use_mla=model.use_mla,
            )
        except (RuntimeError, ValueError) as error:
            # Of a kernel that is not installed, or wants a real card, nothing is known.
            if not any(text in str(error) for text in ("ImportError", "NVIDIA driver")):
                raise
