"""Names a layer cannot have: attributes of `nn.Module` that it would shadow, and Python's keywords.

`tests/graph/test_reserved.py` holds the list to the installed torch.
"""

import keyword
import unicodedata

from specc.diagnostics import Sink, Span

MODULE_ATTRIBUTES = frozenset(
    """
    T_destination add_module apply bfloat16 buffers call_super_init children compile cpu cuda double
    dump_patches eval extra_repr float forward get_buffer get_extra_state get_parameter get_submodule half ipu
    load_state_dict modules mtia named_buffers named_children named_modules named_parameters parameters
    register_backward_hook register_buffer register_forward_hook register_forward_pre_hook
    register_full_backward_hook register_full_backward_pre_hook register_load_state_dict_post_hook
    register_load_state_dict_pre_hook register_module register_parameter register_state_dict_post_hook
    register_state_dict_pre_hook requires_grad_ set_extra_state set_submodule share_memory state_dict to
    to_empty train training type xpu zero_grad _apply _backward_hooks _backward_pre_hooks _buffers _call_impl
    _compiled_call_impl _forward_hooks _forward_hooks_always_called _forward_hooks_with_kwargs
    _forward_pre_hooks _forward_pre_hooks_with_kwargs _get_backward_hooks _get_backward_pre_hooks _get_name
    _is_full_backward_hook _load_from_state_dict _load_state_dict_post_hooks _load_state_dict_pre_hooks
    _maybe_warn_non_full_backward_hook _modules _named_members _non_persistent_buffers_set _parameters
    _register_load_state_dict_pre_hook _register_state_dict_hook _replicate_for_data_parallel
    _save_to_state_dict _slow_forward _state_dict_hooks _state_dict_pre_hooks _version _wrapped_call_impl
    """.split()  # noqa: SIM905  # a list of eighty lines says no more
)


def check_name(name: str, span: Span, sink: Sink, what: str = "layer") -> bool:
    """Whether `name` can be a submodule's or a param's name in Python; reports L208 where not."""
    if not name.isidentifier():
        number = name.isdigit()
        sink.error(
            "L208",
            f"`{name}` cannot name a {what}: it is not an identifier",
            span,
            help="write the layers as a list to have them numbered"
            if number
            else "use letters of any script, digits and `_`, and no digit first",
        )
        return False
    plain = unicodedata.normalize("NFKC", name)
    if plain != name:
        sink.error(
            "L208", f"`{name}` cannot name a {what}: Python reads it as `{plain}`", span, help=f"write `{plain}`"
        )
        return False
    if keyword.iskeyword(name):
        sink.error("L208", f"`{name}` cannot name a {what}: it is a keyword of Python", span, help=f"write `{name}_`")
        return False
    if what == "layer" and (name in MODULE_ATTRIBUTES or name.startswith("__")):
        sink.error(
            "L208",
            f"`{name}` cannot name a layer: it would shadow `nn.Module.{name}`",
            span,
            help=f"write `{name}_` or a more telling name",
        )
        return False
    return True
