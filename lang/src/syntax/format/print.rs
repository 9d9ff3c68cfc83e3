//! Printing: a statement onto the page, on one line where it fits, broken from the outside in where it does not.

use super::page::Page;
use super::tree::{Bit, BitKind, Fragment, FragmentKind};
use super::{STEP, WIDTH};

impl Page<'_> {
    /// Prints a statement on a line that is begun for it.
    pub fn statement(&mut self, node: &Fragment, indent: usize) {
        self.node(node, indent, 0);
    }

    /// Whether a fragment fits on this line, with `tail` columns of what must follow it there.
    fn fits(&self, node: &Fragment, tail: usize) -> bool {
        !node.size.is_split && self.column() + node.size.width + tail <= WIDTH
    }

    /// Prints a fragment; `base` is the indentation of the line that it begins on, `tail` the columns of what must
    /// follow it on its last line.
    fn node(&mut self, node: &Fragment, base: usize, tail: usize) {
        let outer = std::mem::replace(&mut self.hang, base + STEP);
        match &node.kind {
            _ if self.fits(node, tail) => self.flat(node),
            FragmentKind::Row(bits) => self.row(bits, base, tail),
            FragmentKind::Chain { first, rest } => self.chain(first, rest, base + STEP, tail),
            FragmentKind::Choice { words, parts } => self.choice(words, parts, self.column(), tail),
            FragmentKind::Led { head, value } => {
                self.row(head, base, 0);
                self.space();
                self.node(value, base, tail);
            }
        }
        self.hang = outer;
    }

    fn flat(&mut self, node: &Fragment) {
        match &node.kind {
            FragmentKind::Row(bits) => self.flat_row(bits),
            FragmentKind::Chain { first, rest } => {
                self.flat(first);
                for (sign, value) in rest {
                    self.space();
                    self.led(*sign);
                    self.flat(value);
                }
            }
            FragmentKind::Choice { words, parts } => {
                for (n, (word, part)) in words.iter().zip(parts.iter()).enumerate() {
                    if n > 0 {
                        self.space();
                    }
                    self.led(*word);
                    self.flat(part);
                }
            }
            FragmentKind::Led { head, value } => {
                self.flat_row(head);
                self.space();
                self.flat(value);
            }
        }
    }

    /// Prints a sign or word, and the blank before what follows it.
    fn led(&mut self, at: usize) {
        self.token(at);
        self.space();
    }

    fn flat_row(&mut self, bits: &[Bit]) {
        for bit in bits {
            if bit.is_spaced {
                self.space();
            }
            match &bit.kind {
                BitKind::Word(at) => self.token(*at),
                BitKind::Bracket { open, items, close } => self.flat_bracket(*open, items, *close),
            }
        }
    }

    fn flat_bracket(&mut self, open: usize, items: &[Fragment], close: usize) {
        let is_padded = self.lexemes[open].text == "{" && !items.is_empty();
        self.token(open);
        for (n, item) in items.iter().enumerate() {
            if n > 0 {
                self.push(",");
            }
            if n > 0 || is_padded {
                self.space();
            }
            self.flat(item);
        }
        if is_padded {
            self.space();
        }
        self.token(close);
    }

    fn row(&mut self, bits: &[Bit], base: usize, tail: usize) {
        for (n, bit) in bits.iter().enumerate() {
            if bit.is_spaced {
                self.space();
            }
            match &bit.kind {
                BitKind::Word(at) => self.token(*at),
                BitKind::Bracket { open, items, close } => {
                    // The last bracket is the one to break.
                    let rest = if n + 1 == bits.len() { tail } else { 1 };
                    if !bit.size.is_split && self.column() + bit.size.width + rest <= WIDTH {
                        self.flat_bracket(*open, items, *close);
                    } else {
                        self.bracket(*open, items, *close, base);
                    }
                }
            }
        }
    }

    /// Prints brackets, each item on a line of its own.
    fn bracket(&mut self, open: usize, items: &[Fragment], close: usize, base: usize) {
        let inner = base + STEP;
        self.token(open);
        for (n, item) in items.iter().enumerate() {
            let is_last = n + 1 == items.len();
            self.fresh(inner);
            self.node(item, inner, usize::from(!is_last));
            if !is_last {
                self.push(",");
            }
        }
        self.above(close, inner);
        self.fresh(base);
        self.word(close);
    }

    /// Prints a chain, each sign on a line of its own with what follows it: a line that begins with a sign goes on.
    fn chain(&mut self, first: &Fragment, rest: &[(usize, Fragment)], indent: usize, tail: usize) {
        self.node(first, indent, 0);
        for (n, (sign, value)) in rest.iter().enumerate() {
            self.fresh(indent);
            self.led(*sign);
            self.node(value, indent, if n + 1 == rest.len() { tail } else { 0 });
        }
    }

    /// Prints a choice, `else` on a line of its own below its `if`, and `then` too if it must be.
    fn choice(&mut self, words: &[usize; 3], parts: &[Fragment; 3], column: usize, tail: usize) {
        let [first, then, otherwise] = words;
        let [condition, taken, rest] = parts;
        let size = condition.size.then(" then ".len(), taken.size);
        let is_split = size.is_split || [first, then].iter().any(|at| self.lexemes[**at].behind.is_some());
        let is_short = !is_split && self.column() + "if ".len() + size.width <= WIDTH;
        self.hang = column + STEP;
        self.led(*first);
        self.node(condition, column, 0);
        if is_short {
            self.space();
        } else {
            self.fresh(column);
        }
        self.led(*then);
        self.node(taken, column, 0);
        self.fresh(column);
        self.led(*otherwise);
        match &rest.kind {
            FragmentKind::Choice { words, parts } => self.choice(words, parts, column, tail),
            _ => self.node(rest, column, tail),
        }
    }
}
