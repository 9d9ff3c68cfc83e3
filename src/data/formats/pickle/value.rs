//! What a pickle makes: values that name each other by their places, so that lists may be shared or hold themselves
//! and nothing has to be walked down.

use lcnnc_lang::diag::counted;
use std::borrow::Cow;

/// Where a value lies among the values of its file.
pub type Id = usize;

pub enum Value<'a> {
    Nothing,
    Bool(bool),
    Int(i64),
    /// Python 2 has one type for bytes and texts, so a pickle does not tell them apart.
    Text(Cow<'a, [u8]>),
    Tuple(Vec<Id>),
    List(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    Global(Global),
    /// The type of an array's entries: unsigned bytes, the only one there is.
    Bytes,
    /// `None` until its state is known.
    Array(Option<Array>),
}

pub struct Array {
    pub shape: Vec<usize>,
    /// A [`Value::Text`] of as many bytes as the shape has entries, row by row.
    pub bytes: Id,
}

/// The things of Python's that a file may ask for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Global {
    /// Makes an empty array.
    Reconstruct,
    Ndarray,
    Dtype,
    /// Python 3 writes bytes for Python 2 as a text that is to be encoded.
    Encode,
}

impl Global {
    pub fn find(module: &[u8], name: &[u8]) -> Option<Self> {
        match (module, name) {
            // numpy 2 renamed its module.
            (b"numpy.core.multiarray" | b"numpy._core.multiarray", b"_reconstruct") => Some(Self::Reconstruct),
            (b"numpy", b"ndarray") => Some(Self::Ndarray),
            (b"numpy", b"dtype") => Some(Self::Dtype),
            (b"_codecs", b"encode") => Some(Self::Encode),
            _ => None,
        }
    }
}

impl Value<'_> {
    pub fn text(&self) -> Option<&[u8]> {
        match self {
            Self::Text(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Reads the value as a flag: numpy has written both kinds over the years.
    pub fn truth(&self) -> Option<bool> {
        match self {
            Self::Bool(truth) => Some(*truth),
            Self::Int(0) => Some(false),
            Self::Int(1) => Some(true),
            _ => None,
        }
    }

    /// What an error calls the value.
    pub fn describe(&self) -> String {
        match self {
            Self::Nothing => "None".to_owned(),
            Self::Bool(truth) => truth.to_string(),
            Self::Int(number) => number.to_string(),
            Self::Text(bytes) => format!("a text of {}", counted(bytes.len(), "byte")),
            Self::Tuple(items) => format!("a tuple of {}", items.len()),
            Self::List(items) => format!("a list of {}", items.len()),
            Self::Dict(entries) => format!("a dictionary of {}", entries.len()),
            Self::Global(_) => "a function or a type".to_owned(),
            Self::Bytes => "the type of an array".to_owned(),
            Self::Array(None) => "an array without a state".to_owned(),
            Self::Array(Some(array)) => format!("an array of shape {:?}", array.shape),
        }
    }
}
