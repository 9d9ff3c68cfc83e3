//! Specs as careless authors would space them: the same words, with blanks, line ends and comments anywhere they may
//! be.

/// A few random numbers, always the same ones from the same seed.
pub struct Dice(pub u64);

impl Dice {
    /// A random number from 0 to less than `sides`.
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }

    fn one_in(&mut self, sides: u64) -> bool {
        self.roll(sides) == 0
    }
}

fn is_letter(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '.'
}

/// The words, numbers and signs of a line without its comment.
fn words(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = line.trim();
    while let Some(first) = rest.chars().next() {
        let mut len = rest.find(|c| !is_letter(c)).unwrap_or(rest.len());
        let is_number = first.is_ascii_digit() || first == '.';
        if is_number && rest[..len].ends_with('e') && rest[len..].starts_with(['-', '+']) {
            len += 1 + rest[len + 1..].find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len() - len - 1);
        }
        if len == 0 {
            len = if ["->", "==", "!=", "<=", ">="].iter().any(|sign| rest.starts_with(sign)) { 2 } else { 1 };
        }
        words.push(&rest[..len]);
        rest = rest[len..].trim_start();
    }
    words
}

/// A line without its comment, and the comment.
pub fn split(line: &str) -> (&str, &str) {
    line.find("//").map_or((line, ""), |at| line.split_at(at))
}

/// The comments of a text, in order.
pub fn comments(text: &str) -> Vec<String> {
    let comments = text.lines().map(|line| split(line).1.trim_end().to_owned());
    comments.filter(|comment| !comment.is_empty()).collect()
}

fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && !joins(word)
}

fn joins(word: &str) -> bool {
    ["if", "then", "else", "repeat", "and", "or", "not"].contains(&word)
}

fn is_operator(word: &str) -> bool {
    joins(word) || ["->", "+", "-", "*", "/", "==", "!=", "<", "<=", ">", ">="].contains(&word)
}

/// Whether a line may end between the words `at - 1` and `at`: the rules of the language, told once more.
fn may_break(words: &[&str], at: usize, depth: usize) -> bool {
    let (before, here, next) = (words[at - 1], words[at], words.get(at + 1).copied().unwrap_or_default());
    // The next line's words may come to stand behind the last one.
    let is_start = is_name(here) && (is_name(next) || ["", "=", "{", ":", "'"].contains(&next));
    match depth {
        0 => is_operator(here) || (is_operator(before) || ["=", ":", ","].contains(&before)) && !is_start,
        _ => !(is_name(here) && is_name(next)),
    }
}

/// Whether two words must have a blank between them, or they would be other words.
fn must_part(before: &str, here: &str) -> bool {
    let both = format!("{before}{here}");
    before.ends_with(is_letter) && here.starts_with(is_letter) || words(&both) != [before, here] || both.contains("//")
}

/// Whether the words up to this one would read like a number with a comma for its point, as `0,1`, if no blank stood before it.
fn is_fraction(words: &[&str], at: usize) -> bool {
    at > 1 && words[at - 2] == "0" && words[at - 1] == "," && is_number(words[at])
}

/// A spec spaced at random, with comments and blank lines in it or with nothing but words.
pub fn mangled(text: &str, dice: &mut Dice, with_comments: bool) -> String {
    let mut out = String::new();
    let mut is_settings = false;
    let line_end = if dice.one_in(4) { "\r\n" } else { "\n" };
    for line in text.lines() {
        let (code, comment) = split(line);
        let words = words(code);
        if words.is_empty() && comment.is_empty() {
            continue;
        }
        blanks(&mut out, dice);
        let mut depth = 0_usize;
        for (at, word) in words.iter().enumerate() {
            if at > 0 {
                if may_break(&words, at, depth) && dice.one_in(4) {
                    interrupt(&mut out, dice, line_end, with_comments);
                } else if must_part(words[at - 1], word) || is_fraction(&words, at) {
                    out.push(' ');
                }
                blanks(&mut out, dice);
            }
            match *word {
                "(" | "[" => depth += 1,
                ")" | "]" => depth = depth.saturating_sub(1),
                _ => {}
            }
            out.push_str(word);
        }
        is_settings |= words.len() == 2 && words[1] == "{";
        is_settings &= words != ["}"];
        let opens = words.len() > 2 && words.last() == Some(&"{");
        let follows = !is_settings && line.starts_with(' ') && words.last().is_some_and(|last| !is_number(last));
        if comment.is_empty() && (opens || follows) && dice.one_in(3) {
            // What stands in braces may share a line.
            out.push(' ');
        } else {
            if with_comments && comment.is_empty() && dice.one_in(4) {
                out.push_str(" // behind it");
            }
            if with_comments {
                out.push_str(comment);
            }
            out.push_str(line_end);
            if with_comments && !comment.starts_with("///") && dice.one_in(6) {
                out.push_str(["  // alone\n", "\n\n\n", " \t\n"][dice.roll(3) as usize]);
            }
        }
    }
    out
}

fn is_number(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit() || c == '.')
}

fn blanks(out: &mut String, dice: &mut Dice) {
    out.push_str(["", "", " ", "  ", "\t", "      "][dice.roll(6) as usize]);
}

/// Writes a line end within a statement, and what may stand there.
fn interrupt(out: &mut String, dice: &mut Dice, line_end: &str, with_comments: bool) {
    if with_comments && dice.one_in(3) {
        out.push_str(" // within it");
    }
    out.push_str(line_end);
    if with_comments && dice.one_in(4) {
        out.push_str("// on its own");
        out.push_str(line_end);
    }
    if dice.one_in(4) {
        out.push_str(line_end);
    }
}
