//! Words for messages: what the grammar expected.

use super::grammar::Rule;

/// The name of a rule in a message; `None` where naming it would help nobody.
fn words(rule: Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::EOI => "the end of the line",
        Rule::eq => "`=`",
        Rule::colon => "`:`",
        Rule::comma => "`,`",
        Rule::arrow => "`->`",
        Rule::open_paren => "`(`",
        Rule::close_paren => "`)`",
        Rule::open_bracket => "`[`",
        Rule::close_bracket => "`]`",
        Rule::open_brace => "`{`",
        Rule::name => "a name",
        Rule::number => "a number",
        Rule::args | Rule::params => "arguments in brackets",
        Rule::infix | Rule::plus | Rule::minus | Rule::times | Rule::over => "an operator",
        Rule::word_then => "`then`",
        Rule::word_else => "`else`",
        Rule::expr | Rule::choice | Rule::chain | Rule::operation | Rule::operand | Rule::value | Rule::arg => {
            "a value"
        }
        Rule::amount | Rule::named | Rule::list | Rule::group => "a value",
        Rule::entry => "a setting",
        Rule::outer | Rule::inner | Rule::statement => "a statement",
        Rule::opening | Rule::equation | Rule::definition | Rule::function => "a statement",
        Rule::declaration | Rule::plain => "a statement",
        // Behind a value they may always follow, and it is hardly ever they that are missing.
        Rule::compare | Rule::word_if | Rule::word_repeat | Rule::word_and | Rule::word_or | Rule::word_not => {
            return None;
        }
        Rule::negative | Rule::joining | Rule::again | Rule::letter | Rule::at => return None,
        Rule::prime | Rule::percent | Rule::unit | Rule::WHITESPACE | Rule::COMMENT => return None,
    })
}

/// All that was expected, in words, each thing named once, in the order in which a reader would try them.
pub fn expected(rules: &[Rule]) -> String {
    let has = |rule: Rule| rules.contains(&rule);
    // Behind a value the statement may go on in many ways: only the likely ones are named.
    let helps = |rule: &Rule| match rule {
        Rule::arrow | Rule::open_paren | Rule::open_brace => !has(Rule::plus) && !has(Rule::times),
        Rule::name => !has(Rule::value) && !has(Rule::EOI),
        _ => true,
    };
    let mut all: Vec<&str> = Vec::new();
    let (ends, others): (Vec<Rule>, Vec<Rule>) =
        rules.iter().copied().filter(helps).partition(|rule| matches!(rule, Rule::EOI));
    for word in others.into_iter().chain(ends).filter_map(words) {
        if !all.contains(&word) {
            all.push(word);
        }
    }
    match all.split_last() {
        None => "the end of the line".to_owned(),
        Some((only, [])) => (*only).to_owned(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}
