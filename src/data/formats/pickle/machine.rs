//! The stack machine that a pickle is a program for.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::bytes::Bytes;
use super::value::{Array, Global, Id, Value};
use super::{MOST_VALUES, PickleFault, PickleResult};

/// Codes of the instructions, under the names that Python's `pickle` gives them.
mod op {
    pub const PROTO: u8 = 0x80;
    pub const STOP: u8 = b'.';
    pub const MARK: u8 = b'(';
    pub const NONE: u8 = b'N';
    pub const NEWTRUE: u8 = 0x88;
    pub const NEWFALSE: u8 = 0x89;
    pub const BININT: u8 = b'J';
    pub const BININT1: u8 = b'K';
    pub const BININT2: u8 = b'M';
    pub const LONG1: u8 = 0x8a;
    pub const SHORT_BINSTRING: u8 = b'U';
    pub const BINSTRING: u8 = b'T';
    pub const BINUNICODE: u8 = b'X';
    pub const SHORT_BINBYTES: u8 = b'C';
    pub const BINBYTES: u8 = b'B';
    pub const EMPTY_TUPLE: u8 = b')';
    pub const TUPLE: u8 = b't';
    pub const TUPLE1: u8 = 0x85;
    pub const TUPLE2: u8 = 0x86;
    pub const TUPLE3: u8 = 0x87;
    pub const EMPTY_LIST: u8 = b']';
    pub const APPEND: u8 = b'a';
    pub const APPENDS: u8 = b'e';
    pub const EMPTY_DICT: u8 = b'}';
    pub const SETITEM: u8 = b's';
    pub const SETITEMS: u8 = b'u';
    pub const BINPUT: u8 = b'q';
    pub const LONG_BINPUT: u8 = b'r';
    pub const BINGET: u8 = b'h';
    pub const LONG_BINGET: u8 = b'j';
    pub const GLOBAL: u8 = b'c';
    pub const REDUCE: u8 = b'R';
    pub const BUILD: u8 = b'b';
}

/// The most that an array of numpy's can have.
const MOST_SIDES: usize = 64;

pub struct PickleMachine<'a> {
    bytes: Bytes<'a>,
    /// Where the instruction at hand begins.
    at: usize,
    values: Vec<Value<'a>>,
    stack: Vec<Id>,
    /// Heights of the stack that are marked.
    marks: Vec<usize>,
    memo: BTreeMap<u32, Id>,
    /// How often the stack was put on, a mark included.
    pushed: usize,
    /// Bytes that were made by encoding.
    encoded: usize,
}

impl<'a> PickleMachine<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        let (values, stack, marks) = (Vec::new(), Vec::new(), Vec::new());
        Self { bytes: Bytes::new(bytes), at: 0, values, stack, marks, memo: BTreeMap::new(), pushed: 0, encoded: 0 }
    }

    /// Runs the program to its end; gives everything that it makes, and which of it is the result.
    pub fn run(mut self) -> PickleResult<(Vec<Value<'a>>, Id)> {
        if self.bytes.byte().ok() != Some(op::PROTO) {
            return self.refuse("expected the first byte of a pickle, 0x80, found another");
        }
        let protocol = self.bytes.byte()?;
        if !(2..=3).contains(&protocol) {
            return self.refuse(&format!("expected protocol 2 or 3, found {protocol}"));
        }
        loop {
            self.at = self.bytes.at();
            let code = self.bytes.byte()?;
            if code == op::STOP {
                break;
            }
            self.step(code)?;
        }
        let root = self.pop()?;
        match (self.bytes.left(), self.stack.len() + self.marks.len()) {
            (0, 0) => Ok((self.values, root)),
            (0, _) => self.refuse("expected one result, found more"),
            (left, _) => self.refuse(&format!("expected the end of the file, found {left} more bytes")),
        }
    }

    fn step(&mut self, code: u8) -> PickleResult<()> {
        match code {
            op::MARK => {
                self.count()?;
                self.marks.push(self.stack.len());
                Ok(())
            }
            op::NONE => self.push(Value::Nothing),
            op::NEWTRUE => self.push(Value::Bool(true)),
            op::NEWFALSE => self.push(Value::Bool(false)),
            op::BININT => self.bytes.i32().and_then(|number| self.push(Value::Int(number.into()))),
            op::BININT1 => self.bytes.byte().and_then(|number| self.push(Value::Int(number.into()))),
            op::BININT2 => self.bytes.u16().and_then(|number| self.push(Value::Int(number.into()))),
            op::LONG1 => self.long(),
            op::SHORT_BINSTRING | op::SHORT_BINBYTES => self.bytes.short().and_then(|text| self.push_text(text)),
            op::BINSTRING | op::BINUNICODE | op::BINBYTES => self.bytes.long().and_then(|text| self.push_text(text)),
            op::EMPTY_TUPLE => self.push(Value::Tuple(Vec::new())),
            op::TUPLE1 | op::TUPLE2 | op::TUPLE3 => self.short_tuple((code - op::TUPLE1 + 1).into()),
            op::TUPLE => self.marked().and_then(|items| self.push(Value::Tuple(items))),
            op::EMPTY_LIST => self.push(Value::List(Vec::new())),
            op::APPEND => self.pop().and_then(|item| self.append(&[item])),
            op::APPENDS => self.marked().and_then(|items| self.append(&items)),
            op::EMPTY_DICT => self.push(Value::Dict(Vec::new())),
            op::SETITEM => self.setitem(),
            op::SETITEMS => self.marked().and_then(|items| self.insert(&items)),
            op::BINPUT => self.bytes.byte().and_then(|name| self.put(name.into())),
            op::LONG_BINPUT => self.bytes.u32().and_then(|name| self.put(name)),
            op::BINGET => self.bytes.byte().and_then(|name| self.get(name.into())),
            op::LONG_BINGET => self.bytes.u32().and_then(|name| self.get(name)),
            op::GLOBAL => self.global(),
            op::REDUCE => self.reduce(),
            op::BUILD => self.build(),
            _ => self.refuse(&format!(
                "this file has the instruction 0x{code:02x} (`{}`), which no data set needs",
                code.escape_ascii()
            )),
        }
    }

    fn refuse<T>(&self, reason: &str) -> PickleResult<T> {
        Err(PickleFault { at: self.at, reason: reason.to_owned() })
    }

    /// Counts one more entry of the stack: each value, and each place in a list, was one once.
    fn count(&mut self) -> PickleResult<()> {
        self.pushed += 1;
        if self.pushed > MOST_VALUES {
            return self.refuse(&format!("expected at most {MOST_VALUES} values, found more"));
        }
        Ok(())
    }

    fn push(&mut self, value: Value<'a>) -> PickleResult<()> {
        self.count()?;
        self.stack.push(self.values.len());
        self.values.push(value);
        Ok(())
    }

    fn push_text(&mut self, text: &'a [u8]) -> PickleResult<()> {
        self.push(Value::Text(Cow::Borrowed(text)))
    }

    /// Takes the uppermost value off the stack, if it lies above the last mark.
    fn pop(&mut self) -> PickleResult<Id> {
        match self.stack.pop() {
            Some(id) if self.stack.len() >= self.marks.last().copied().unwrap_or(0) => Ok(id),
            _ => self.refuse("this instruction finds nothing to work on"),
        }
    }

    fn top(&self) -> PickleResult<Id> {
        match self.stack.last() {
            Some(&id) if self.stack.len() > self.marks.last().copied().unwrap_or(0) => Ok(id),
            _ => self.refuse("this instruction finds nothing to work on"),
        }
    }

    /// What lies above the last mark.
    fn marked(&mut self) -> PickleResult<Vec<Id>> {
        match self.marks.pop() {
            Some(height) => Ok(self.stack.split_off(height)),
            None => self.refuse("this instruction finds no mark"),
        }
    }

    fn long(&mut self) -> PickleResult<()> {
        let digits = self.bytes.short()?;
        let Some(sign) = digits.last().filter(|_| digits.len() <= 8).map(|last| if *last < 0x80 { 0 } else { 0xff })
        else {
            return self.refuse(&format!("expected a number of 1 to 8 bytes, found one of {}", digits.len()));
        };
        let mut whole = [sign; 8];
        whole[..digits.len()].copy_from_slice(digits);
        self.push(Value::Int(i64::from_le_bytes(whole)))
    }

    fn short_tuple(&mut self, len: usize) -> PickleResult<()> {
        let mut items = (0..len).map(|_| self.pop()).collect::<PickleResult<Vec<Id>>>()?;
        items.reverse();
        self.push(Value::Tuple(items))
    }

    fn append(&mut self, items: &[Id]) -> PickleResult<()> {
        let list = self.top()?;
        match &mut self.values[list] {
            Value::List(list) => list.extend_from_slice(items),
            other => {
                let reason = format!("expected a list to append to, found {}", other.describe());
                return self.refuse(&reason);
            }
        }
        Ok(())
    }

    fn setitem(&mut self) -> PickleResult<()> {
        let [value, key] = [self.pop()?, self.pop()?];
        self.insert(&[key, value])
    }

    fn insert(&mut self, items: &[Id]) -> PickleResult<()> {
        let dict = self.top()?;
        if !items.len().is_multiple_of(2) {
            return self.refuse("expected a value for each key, found one without");
        }
        match &mut self.values[dict] {
            Value::Dict(entries) => entries.extend(items.chunks_exact(2).map(|pair| (pair[0], pair[1]))),
            other => {
                let reason = format!("expected a dictionary to insert into, found {}", other.describe());
                return self.refuse(&reason);
            }
        }
        Ok(())
    }

    fn put(&mut self, name: u32) -> PickleResult<()> {
        let top = self.top()?;
        if self.memo.len() >= MOST_VALUES {
            return self.refuse(&format!("expected at most {MOST_VALUES} names, found more"));
        }
        self.memo.insert(name, top);
        Ok(())
    }

    fn get(&mut self, name: u32) -> PickleResult<()> {
        self.count()?;
        match self.memo.get(&name) {
            Some(&id) => self.stack.push(id),
            None => return self.refuse(&format!("this file takes up a value {name} that it has not put down")),
        }
        Ok(())
    }

    fn global(&mut self) -> PickleResult<()> {
        let (module, name) = (self.bytes.line()?, self.bytes.line()?);
        match Global::find(module, name) {
            Some(global) => self.push(Value::Global(global)),
            None => self.refuse(&format!("this file asks for `{} {}`", module.escape_ascii(), name.escape_ascii())),
        }
    }

    fn reduce(&mut self) -> PickleResult<()> {
        let [args, callee] = [self.pop()?, self.pop()?];
        let Value::Tuple(ids) = &self.values[args] else { return self.refuse("expected arguments, found none") };
        let arg = |n: usize| ids.get(n).map(|&id| &self.values[id]);
        let made = match (&self.values[callee], arg(0), arg(1)) {
            (Value::Global(Global::Reconstruct), Some(Value::Global(Global::Ndarray)), _) => Value::Array(None),
            (Value::Global(Global::Dtype), Some(kind), _) if kind.text() == Some(b"u1") => Value::Bytes,
            (Value::Global(Global::Dtype), ..) => {
                return self.refuse("expected an array of unsigned bytes, `u1`, found one of another type");
            }
            (Value::Global(Global::Encode), Some(Value::Text(text)), Some(Value::Text(codec)))
                if codec[..] == *b"latin1" =>
            {
                let encoded = self.encode(text)?;
                self.encoded += encoded.len();
                Value::Text(Cow::Owned(encoded))
            }
            _ => return self.refuse("this file asks for a call that makes no array"),
        };
        self.push(made)
    }

    /// Encodes a text with one byte a character. The file's length bounds all that is made this way: each text is meant to be
    /// encoded once.
    fn encode(&self, text: &[u8]) -> PickleResult<Vec<u8>> {
        if self.encoded.saturating_add(text.len()) > self.bytes.len() {
            return self.refuse("this file encodes a text again and again");
        }
        let text = std::str::from_utf8(text).ok();
        let bytes = text.and_then(|text| text.chars().map(|sign| u8::try_from(sign).ok()).collect());
        bytes.ok_or_else(|| PickleFault {
            at: self.at,
            reason: "expected a text of the signs of Latin-1, found others".to_owned(),
        })
    }

    /// Gives an array or its type a state.
    fn build(&mut self) -> PickleResult<()> {
        let state = self.pop()?;
        let object = self.top()?;
        let Value::Tuple(ids) = &self.values[state] else { return self.refuse("expected a state, found none") };
        match (&self.values[object], &ids[..]) {
            // Version, byte order, and what only other types have. Bytes have no order.
            (Value::Bytes, [_, order, ..]) if self.values[*order].text() == Some(b"|") => Ok(()),
            (Value::Array(_), &[_, shape, kind, fortran, bytes]) => {
                let array = self.array(shape, kind, fortran, bytes)?;
                self.values[object] = Value::Array(Some(array));
                Ok(())
            }
            (object, _) => self
                .refuse(&format!("expected the state of an array of bytes, found another for {}", object.describe())),
        }
    }

    fn array(&self, shape: Id, kind: Id, fortran: Id, bytes: Id) -> PickleResult<Array> {
        if !matches!(self.values[kind], Value::Bytes) {
            return self.refuse("expected an array of bytes, found another");
        }
        if self.values[fortran].truth() != Some(false) {
            return self.refuse("expected an array that is kept row by row, found one kept otherwise");
        }
        let (sides, content) = match (&self.values[shape], self.values[bytes].text()) {
            (Value::Tuple(sides), Some(content)) if sides.len() <= MOST_SIDES => (sides, content),
            _ => return self.refuse("expected the shape and the bytes of an array, found others"),
        };
        let side = |&id: &Id| match &self.values[id] {
            Value::Int(side) => usize::try_from(*side).ok(),
            _ => None,
        };
        let shape: Option<Vec<usize>> = sides.iter().map(side).collect();
        let shape = shape.unwrap_or_default();
        let entries = shape.iter().try_fold(1_usize, |product, &side| product.checked_mul(side));
        if shape.is_empty() || entries != Some(content.len()) {
            return self.refuse(&format!("expected the bytes of an array of shape {shape:?}, found {}", content.len()));
        }
        Ok(Array { shape, bytes })
    }
}
