//! A pickle's bytes, taken from the front.

use super::{PickleFault, PickleResult};

/// A name of Python's is not longer.
const LONGEST_NAME: usize = 256;

pub struct Bytes<'a> {
    all: &'a [u8],
    at: usize,
}

impl<'a> Bytes<'a> {
    pub fn new(all: &'a [u8]) -> Self {
        Self { all, at: 0 }
    }

    pub fn at(&self) -> usize {
        self.at
    }

    pub fn len(&self) -> usize {
        self.all.len()
    }

    pub fn left(&self) -> usize {
        self.all.len() - self.at
    }

    pub fn take(&mut self, count: usize) -> PickleResult<&'a [u8]> {
        let taken = self.all[self.at..].get(..count).ok_or_else(|| PickleFault {
            at: self.at,
            reason: format!("expected {count} more bytes, found {}", self.left()),
        })?;
        self.at += count;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> PickleResult<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    pub fn byte(&mut self) -> PickleResult<u8> {
        Ok(self.array::<1>()?[0])
    }

    pub fn u16(&mut self) -> PickleResult<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub fn u32(&mut self) -> PickleResult<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub fn i32(&mut self) -> PickleResult<i32> {
        self.array().map(i32::from_le_bytes)
    }

    /// Reads bytes behind a length of one byte.
    pub fn short(&mut self) -> PickleResult<&'a [u8]> {
        let count = self.byte()?;
        self.take(count.into())
    }

    /// Reads bytes behind a length of four bytes.
    pub fn long(&mut self) -> PickleResult<&'a [u8]> {
        let count = self.u32()?;
        // Too large for an address, it is too large for the file.
        self.take(usize::try_from(count).unwrap_or(usize::MAX))
    }

    /// Takes the bytes up to the end of the line.
    pub fn line(&mut self) -> PickleResult<&'a [u8]> {
        let rest = &self.all[self.at..];
        let end = rest.iter().take(LONGEST_NAME).position(|&byte| byte == b'\n');
        let end = end
            .ok_or_else(|| PickleFault { at: self.at, reason: "expected a name that ends with its line".to_owned() })?;
        self.at += end + 1;
        Ok(&rest[..end])
    }
}
