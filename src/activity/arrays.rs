//! Files of arrays: numpy's `.npy` and `.npz`, and `.safetensors`. What an array holds comes bit by bit, image after image, and is
//! kept on the disk until the file is put together, so that a file can be larger than memory.

use serde_json::{Map, Value, json};
use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::str::FromStr;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// How arrays lie in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArrayFormat {
    /// One array, as `numpy.save` writes it.
    Npy,
    /// Named arrays, as `numpy.savez` writes them.
    Npz,
    /// Named arrays, as `safetensors.numpy.load_file` reads them.
    Safetensors,
}

impl ArrayFormat {
    /// The format that a file's name ends in.
    ///
    /// # Errors
    /// Which endings there are.
    pub fn of(path: &Path) -> Result<Self, String> {
        path.extension().unwrap_or_default().to_string_lossy().parse()
    }
}

impl FromStr for ArrayFormat {
    type Err = String;

    fn from_str(ending: &str) -> Result<Self, String> {
        match ending {
            "npy" => Ok(Self::Npy),
            "npz" => Ok(Self::Npz),
            "safetensors" => Ok(Self::Safetensors),
            _ => Err("expected a file that ends in .npy, .npz or .safetensors".to_owned()),
        }
    }
}

/// The numbers that an array is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbers {
    /// Single precision.
    F32,
    /// Double precision.
    F64,
    /// Whole numbers of 64 bits.
    I64,
}

impl Numbers {
    fn bytes(self) -> usize {
        match self {
            Numbers::F32 => 4,
            Numbers::F64 | Numbers::I64 => 8,
        }
    }

    /// As `numpy.dtype.str` names them.
    fn of_numpy(self) -> &'static str {
        match self {
            Numbers::F32 => "<f4",
            Numbers::F64 => "<f8",
            Numbers::I64 => "<i8",
        }
    }
}

impl fmt::Display for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Numbers::F32 => "F32",
            Numbers::F64 => "F64",
            Numbers::I64 => "I64",
        })
    }
}

/// An array that is being written, in C's order, the last axis running fastest.
pub struct Array {
    pub name: String,
    pub shape: Vec<usize>,
    pub numbers: Numbers,
    /// What came so far, in a file that is gone when the program ends.
    kept: BufWriter<File>,
}

impl Array {
    /// An array without numbers yet, which are kept in a folder until there are all.
    ///
    /// # Errors
    /// If the folder takes no files.
    pub fn new(name: &str, shape: Vec<usize>, numbers: Numbers, folder: &Path) -> io::Result<Self> {
        Ok(Self { name: name.to_owned(), shape, numbers, kept: BufWriter::new(tempfile::tempfile_in(folder)?) })
    }

    /// Appends numbers in single precision.
    ///
    /// # Errors
    /// If the disk takes no more.
    pub fn push(&mut self, numbers: &[f32]) -> io::Result<()> {
        numbers.iter().try_for_each(|x| self.kept.write_all(&x.to_le_bytes()))
    }

    /// Appends numbers in double precision.
    ///
    /// # Errors
    /// If the disk takes no more.
    pub fn push_double(&mut self, numbers: &[f64]) -> io::Result<()> {
        numbers.iter().try_for_each(|x| self.kept.write_all(&x.to_le_bytes()))
    }

    /// Appends whole numbers.
    ///
    /// # Errors
    /// If the disk takes no more.
    pub fn push_whole(&mut self, numbers: impl IntoIterator<Item = i64>) -> io::Result<()> {
        numbers.into_iter().try_for_each(|x| self.kept.write_all(&x.to_le_bytes()))
    }

    fn bytes(&self) -> usize {
        self.shape.iter().product::<usize>() * self.numbers.bytes()
    }

    /// Copies all numbers.
    fn copy(&mut self, to: &mut dyn Write) -> io::Result<()> {
        self.kept.flush()?;
        let file = self.kept.get_mut();
        file.seek(SeekFrom::Start(0))?;
        let copied =
            io::copy(&mut file.take(self.shape.iter().product::<usize>() as u64 * self.numbers.bytes() as u64), to)?;
        if copied == self.bytes() as u64 { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    /// Writes the array as numpy has it: version 1.0 of its format.
    fn npy(&mut self, to: &mut dyn Write) -> io::Result<()> {
        const ALIGNED: usize = 64;
        const BEFORE: usize = 10;
        let dims: Vec<String> = self.shape.iter().map(|dim| format!("{dim},")).collect();
        let header = format!(
            "{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}",
            self.numbers.of_numpy(),
            dims.join(" ")
        );
        let len = (BEFORE + header.len() + 1).next_multiple_of(ALIGNED) - BEFORE;
        to.write_all(b"\x93NUMPY\x01\x00")?;
        to.write_all(&u16::try_from(len).map_err(io::Error::other)?.to_le_bytes())?;
        to.write_all(format!("{header:len$}\n", len = len - 1).as_bytes())?;
        self.copy(to)
    }
}

/// Writes arrays into a file; a file of one array takes the first.
///
/// # Errors
/// If the disk takes no more.
pub fn write(format: ArrayFormat, arrays: &mut [Array], about: &Map<String, Value>, file: &mut File) -> io::Result<()> {
    let mut to = BufWriter::new(file);
    match format {
        ArrayFormat::Npy => arrays.iter_mut().take(1).try_for_each(|array| array.npy(&mut to))?,
        ArrayFormat::Npz => {
            let mut zip = ZipWriter::new(&mut to);
            for array in arrays {
                // numpy maps nothing into memory anyway, and activity hardly becomes smaller.
                let options = SimpleFileOptions::default()
                    .compression_method(CompressionMethod::Stored)
                    .large_file(array.bytes() >= u32::MAX as usize)
                    .last_modified_time(zip::DateTime::default());
                zip.start_file(format!("{}.npy", array.name), options)?;
                array.npy(&mut zip)?;
            }
            zip.finish()?;
        }
        ArrayFormat::Safetensors => {
            let mut header = Map::from_iter([("__metadata__".to_owned(), Value::Object(about.clone()))]);
            let mut start = 0;
            for array in arrays.iter() {
                let end = start + array.bytes();
                let entry =
                    json!({"dtype": array.numbers.to_string(), "shape": array.shape, "data_offsets": [start, end]});
                header.insert(array.name.clone(), entry);
                start = end;
            }
            let mut header = Value::Object(header).to_string();
            header.extend(std::iter::repeat_n(' ', header.len().next_multiple_of(8) - header.len()));
            to.write_all(&(header.len() as u64).to_le_bytes())?;
            to.write_all(header.as_bytes())?;
            arrays.iter_mut().try_for_each(|array| array.copy(&mut to))?;
        }
    }
    to.flush()
}
