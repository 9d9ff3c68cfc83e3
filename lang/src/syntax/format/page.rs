//! The page that is printed: the lines so far, and the columns of the comments at their ends.

use super::lexeme::Lexeme;

/// The column of the comments at the ends of lines, unless a line before one is too long for it: a usual declaration of
/// weights is not.
const COMMENTS: usize = 52;
/// How many blanks stand between a line and its comment, at least.
const GAP: usize = 3;
/// The width up to which a line moves the comments of the lines around it.
const LONG: usize = 80;

#[derive(Default)]
struct PageLine<'a> {
    /// The text of the line, which starts with its indentation.
    code: String,
    comment: Option<&'a str>,
    after_blank: bool,
    /// Lines of one block without a blank line between them share a number, and with it the column of their comments.
    paragraph: usize,
    /// Whether something stands on the line.
    is_begun: bool,
}

/// What is written, line by line.
pub struct Page<'a> {
    pub lexemes: &'a [Lexeme<'a>],
    done: Vec<PageLine<'a>>,
    line: PageLine<'a>,
    /// Whether nothing stands in the block yet, so that no blank line does.
    at_head: bool,
    paragraph: usize,
    /// The indentation of a line that a comment makes necessary.
    pub hang: usize,
}

impl<'a> Page<'a> {
    pub fn new(lexemes: &'a [Lexeme<'a>]) -> Self {
        Self { lexemes, done: Vec::new(), line: PageLine::default(), at_head: true, paragraph: 0, hang: 0 }
    }

    /// Begins a line for a statement, or for a comment on a line of its own.
    pub fn start(&mut self, indent: usize, after_blank: bool) {
        let after_blank = after_blank && !self.at_head;
        self.paragraph += usize::from(after_blank);
        self.fresh(indent);
        self.line.after_blank = after_blank;
        self.at_head = false;
    }

    /// Notes that a block is open, at whose head no blank line stands.
    pub fn open_block(&mut self) {
        self.at_head = true;
        self.paragraph += 1;
    }

    /// Begins the line of a closing brace.
    pub fn close_block(&mut self, indent: usize) {
        self.paragraph += 1;
        self.start(indent, false);
    }

    /// Begins a line, unless nothing stands on this one.
    pub fn fresh(&mut self, indent: usize) {
        let line = PageLine { code: " ".repeat(indent), paragraph: self.paragraph, ..PageLine::default() };
        let line = std::mem::replace(&mut self.line, line);
        if line.is_begun {
            self.done.push(line);
        }
    }

    /// The column at which the next character will stand.
    pub fn column(&self) -> usize {
        self.line.code.len()
    }

    /// Whether nothing stands on this line.
    pub fn is_fresh(&self) -> bool {
        !self.line.is_begun
    }

    /// Writes a text, whatever stands on the line already.
    pub fn push(&mut self, text: &str) {
        self.line.code.push_str(text);
        self.line.is_begun = true;
    }

    /// Writes a blank, unless the line is empty or ends with a comment.
    pub fn space(&mut self) {
        if self.line.is_begun && self.line.comment.is_none() {
            self.line.code.push(' ');
        }
    }

    /// Writes a lexeme and the comments at it. What follows a comment stands on the next line.
    pub fn token(&mut self, at: usize) {
        let indent = if self.is_fresh() { self.column() } else { self.hang };
        if self.line.comment.is_some() {
            self.fresh(indent);
        }
        if !self.lexemes[at].leads {
            self.above(at, indent);
        }
        self.word(at);
    }

    /// Writes the comments above a lexeme, which then stands on a line of its own.
    pub fn above(&mut self, at: usize, indent: usize) {
        let lexemes = self.lexemes;
        for comment in &lexemes[at].above {
            self.fresh(indent);
            self.push(comment.text);
            self.fresh(indent);
        }
    }

    /// Writes a lexeme with the comment behind it.
    pub fn word(&mut self, at: usize) {
        let lexeme = &self.lexemes[at];
        self.push(lexeme.text);
        self.line.comment = lexeme.behind;
    }

    /// The text of the page, with a line end behind each line.
    pub fn text(mut self) -> String {
        self.fresh(0);
        let width = |line: &PageLine| line.code.trim_end().len();
        let mut columns = vec![COMMENTS; self.paragraph + 1];
        for line in self.done.iter().filter(|line| line.comment.is_some() && width(line) <= LONG) {
            let column = &mut columns[line.paragraph];
            *column = (*column).max(width(line) + GAP);
        }
        let mut text = String::new();
        for line in &self.done {
            if line.after_blank {
                text.push('\n');
            }
            text.push_str(line.code.trim_end());
            if let Some(comment) = line.comment {
                let column = columns[line.paragraph].max(width(line) + GAP);
                text.extend(std::iter::repeat_n(' ', column - width(line)));
                text.push_str(comment);
            }
            text.push('\n');
        }
        text
    }
}
