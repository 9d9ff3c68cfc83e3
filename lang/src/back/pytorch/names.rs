//! Names: what a name of the spec is called in Python, where some words are taken.

use std::collections::BTreeSet;

/// Python's keywords.
const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
    "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
    "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

/// What PyTorch's modules keep for themselves (`dir` of those that are written here, PyTorch 2.15), and the methods of the file.
const OF_MODULES: &[&str] = &[
    "T_destination",
    "add_module",
    "affine",
    "apply",
    "bfloat16",
    "bias",
    "buffers",
    "call_super_init",
    "children",
    "compile",
    "cpu",
    "cuda",
    "dilation",
    "double",
    "dump_patches",
    "eps",
    "eval",
    "extra_repr",
    "float",
    "forward",
    "get_buffer",
    "get_extra_state",
    "get_parameter",
    "get_submodule",
    "groups",
    "half",
    "in_channels",
    "in_features",
    "ipu",
    "kernel_size",
    "load_state_dict",
    "modules",
    "momentum",
    "mtia",
    "named_buffers",
    "named_children",
    "named_modules",
    "named_parameters",
    "num_batches_tracked",
    "num_channels",
    "num_features",
    "num_groups",
    "out_channels",
    "out_features",
    "output_padding",
    "padding",
    "padding_mode",
    "parameters",
    "register_backward_hook",
    "register_buffer",
    "register_forward_hook",
    "register_forward_pre_hook",
    "register_full_backward_hook",
    "register_full_backward_pre_hook",
    "register_load_state_dict_post_hook",
    "register_load_state_dict_pre_hook",
    "register_module",
    "register_parameter",
    "register_state_dict_post_hook",
    "register_state_dict_pre_hook",
    "requires_grad_",
    "reset_parameters",
    "reset_running_stats",
    "running_mean",
    "running_var",
    "set_extra_state",
    "set_submodule",
    "share_memory",
    "state_dict",
    "stride",
    "to",
    "to_empty",
    "track_running_stats",
    "train",
    "training",
    "transposed",
    "type",
    "weight",
    "xpu",
    "zero_grad",
    "classes",
    "loss",
    "parameter_groups",
    "penalties",
    "run",
    "keep_signs",
    "sleep",
];

/// Names that statements of an exported file call, so that no variable may have them.
const OF_STATEMENTS: &[&str] = &[
    "F",
    "Local2d",
    "_",
    "len",
    "local2d",
    "math",
    "nn",
    "penalties",
    "range",
    "scores",
    "self",
    "sum",
    "t",
    "torch",
    "w",
];

/// What the file defines beside the class.
const OF_FILE: &[&str] = &[
    "F",
    "Local2d",
    "Parts",
    "RENAMED",
    "circuit",
    "fold_",
    "from_python",
    "gabor_",
    "hebbian",
    "local2d",
    "math",
    "nn",
    "one_kernel_",
    "preprocess",
    "relax_",
    "share_",
    "to_python",
    "torch",
];

/// A word in Python that is none of `taken`: the word itself where it can be.
fn free(word: &str, taken: impl Fn(&str) -> bool) -> String {
    // A name that begins with two lines would get the class's name in front.
    let mut name = if word.starts_with('_') { format!("v{word}") } else { word.to_owned() };
    while KEYWORDS.contains(&name.as_str()) || taken(&name) {
        name.push('_');
    }
    name
}

/// The attribute of a module that a word of the spec becomes, beside these others.
pub fn attribute(word: &str, others: &BTreeSet<String>) -> String {
    free(word, |name| OF_MODULES.contains(&name) || others.contains(name))
}

/// The variable that a word of the spec becomes, beside these others.
pub fn variable(word: &str, others: &BTreeSet<String>) -> String {
    free(word, |name| OF_STATEMENTS.contains(&name) || others.contains(name))
}

/// The class that a model's name becomes.
pub fn class(model: &str) -> String {
    // A class of the name of a function that the file calls would be called in its place.
    free(model, |name| OF_FILE.contains(&name) || OF_STATEMENTS.contains(&name) || name == "super")
}
