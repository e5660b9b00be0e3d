"""Stands in for SGLang's compiled kernels, which PyPI has for CUDA only.

On `--device cpu` SGLang imports these names whatever the processor is. Without AMX its layers take
their own code in PyTorch instead, so that of all of them one is ever called.
"""


def assign_req_to_token_pool_cpu(rows, table, starts, ends, places, _width):
    """Writes the cache places of each request, one request after the other, into its row."""
    taken = 0
    for row, start, end in zip(rows.tolist(), starts.tolist(), ends.tolist(), strict=True):
        count = end - start
        table[row, start:end] = places[taken : taken + count].to(table.dtype)
        taken += count


def _missing(name):
    def kernel(*_args, **_kwargs):
        raise NotImplementedError(f"sgl_kernel.{name} has no build for this processor")

    return kernel


assign_draft_cache_locs_contiguous_cpu = _missing("assign_draft_cache_locs_contiguous_cpu")
assign_extend_cache_locs_cpu = _missing("assign_extend_cache_locs_cpu")
build_tree_kernel_efficient_cpu = _missing("build_tree_kernel_efficient_cpu")
copy_all_layer_kv_cache_cpu = _missing("copy_all_layer_kv_cache_cpu")
fill_accept_out_cache_loc_cpu = _missing("fill_accept_out_cache_loc_cpu")
fill_bonus_tokens_cpu = _missing("fill_bonus_tokens_cpu")
rotate_input_ids_cpu = _missing("rotate_input_ids_cpu")
verify_tree_greedy_cpu = _missing("verify_tree_greedy_cpu")
