//! The settings of a spec: its `train`, `data` and `sleep` blocks, and what flags and files say over them.

use super::bind::Binder;
use super::consts::{CLASSES, Consts};
use super::edits::Edits;
use crate::diag::{Diagnostic, Span, names, settings as problems};
use crate::syntax::ast::{Entry, Expr, ExprKind, Item, ItemKind};
use crate::syntax::parse_expr;
use crate::vocabulary::settings::{BLOCKS, SettingsBlock};
use crate::vocabulary::{Arg, ArgValue, Bound, Type, optimizers};

/// Every setting of a spec, defaults filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub train: Bound,
    pub data: Bound,
    pub sleep: Bound,
}

impl Default for Settings {
    fn default() -> Self {
        let bound = |name: &'static str| {
            let keys = BLOCKS.iter().find(|block| block.name == name).map_or(&[] as &[Arg], |block| block.keys);
            Bound { callee: name, values: Vec::new() }.completed(keys)
        };
        let mut settings = Self { train: bound("train"), data: bound("data"), sleep: bound("sleep") };
        let optimizer = optimizers::complete(settings.train.call("optimizer"));
        settings.put("train", "optimizer", ArgValue::Call(optimizer));
        settings
    }
}

impl Settings {
    /// The settings of each block, in the order of [`BLOCKS`].
    pub fn blocks(&self) -> [&Bound; 3] {
        [&self.train, &self.data, &self.sleep]
    }

    /// What is done to the images of tests: `test_transform`, or the transforms of the training where there is none.
    pub fn test_transforms(&self) -> &[Bound] {
        self.data.maybe_calls("test_transform").unwrap_or_else(|| self.data.calls("transform"))
    }

    /// Whether a block says what it would say anyway, so that a text can be without it: runs from before there was such a block
    /// stay what they are.
    pub fn may_leave_out(&self, block: &str) -> bool {
        block == "sleep" && self.sleep == Self::default().sleep
    }

    /// Reads the settings blocks of a spec; `edits` fill their calls in.
    pub fn read(items: &[Item], consts: &Consts, diagnostics: &mut Vec<Diagnostic>, edits: &mut Edits) -> Self {
        let mut settings = Self::default();
        let mut seen: Vec<(&str, Span)> = Vec::new();
        for item in items {
            let ItemKind::Settings { word, entries, .. } = &item.kind else { continue };
            let Some(block) = BLOCKS.iter().find(|block| block.name == word.text) else {
                let known: Vec<&str> = BLOCKS.iter().map(|block| block.name).collect();
                diagnostics.push(problems::unknown_block(&word.text, word.span, &known));
                continue;
            };
            match seen.iter().find(|(name, _)| *name == block.name) {
                Some((_, first)) => diagnostics.push(names::duplicate_word(block.name, *first, word.span)),
                None => seen.push((block.name, word.span)),
            }
            settings.read_block(block, entries, (consts, &mut *edits), diagnostics);
        }
        settings
    }

    fn read_block(
        &mut self,
        block: &'static SettingsBlock,
        entries: &[Entry],
        (consts, edits): (&Consts, &mut Edits),
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let mut seen: Vec<(&str, Span)> = Vec::new();
        for Entry { key, value } in entries {
            if let Some((_, first)) = seen.iter().find(|(name, _)| *name == key.text) {
                diagnostics.push(names::duplicate_word(&key.text, *first, key.span));
                continue;
            }
            seen.push((&key.text, key.span));
            let what = format!("`{}`", key.text);
            self.set_expr(&what, block, (&key.text, key.span), value, (consts, &mut *edits), diagnostics);
        }
    }

    fn set_expr(
        &mut self,
        what: &str,
        block: &'static SettingsBlock,
        (key, at): (&str, Span),
        value: &Expr,
        (consts, edits): (&Consts, &mut Edits),
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let Some(declared) = block.keys.iter().find(|arg| arg.name == key) else {
            let known: Vec<&str> = block.keys.iter().map(|arg| arg.name).collect();
            let of_optimizer = block.keys.iter().any(|arg| arg.name == "optimizer")
                && optimizers::CALLABLES.iter().flat_map(|callable| callable.args).any(|arg| arg.name == key);
            let other = BLOCKS.iter().find(|other| other.keys.iter().any(|arg| arg.name == key));
            diagnostics.push(match (of_optimizer, other) {
                (true, _) => problems::key_of_optimizer(block.name, key, at),
                (false, Some(other)) => problems::key_of_block(block.name, key, at, other.name),
                (false, None) => problems::unknown_key(block.name, key, at, &known),
            });
            return;
        };
        let mut binder = Binder { meanings: consts, diagnostics, edits };
        if let Some(value) = binder.value(what, &declared.ty, value) {
            self.put(block.name, declared.name, value);
        }
    }

    fn put(&mut self, block: &str, key: &'static str, value: ArgValue) {
        let Self { train, data, sleep } = self;
        let Some(bound) = [train, data, sleep].into_iter().find(|bound| bound.callee == block) else {
            return;
        };
        if let Some(place) = bound.values.iter_mut().find(|(name, _)| *name == key) {
            place.1 = value;
            return;
        }
        // One that may be left out; the order stays that of the declarations.
        let keys = BLOCKS.iter().find(|known| known.name == block).map_or(&[] as &[Arg], |block| block.keys);
        let place = |name: &str| keys.iter().position(|arg| arg.name == name);
        let before = bound.values.iter().take_while(|(name, _)| place(name) < place(key)).count();
        bound.values.insert(before, (key, value));
    }

    /// Sets one key from text in the language, as `run.yaml` and flags do. The spans of problems are in that text.
    ///
    /// # Errors
    /// What is wrong with the block's name, the key or the text.
    pub fn set(&mut self, block: &str, key: &str, text: &str) -> Result<(), Vec<Diagnostic>> {
        self.set_as(&format!("`{key}`"), block, key, text)
    }

    /// Sets one key from text in the language; messages call the key `what`, which is a flag as it was typed.
    ///
    /// # Errors
    ///
    /// What is wrong with the block's name, the key or the text.
    pub fn set_as(&mut self, what: &str, block: &str, key: &str, text: &str) -> Result<(), Vec<Diagnostic>> {
        let whole = Span::new(0, text.len());
        let Some(block) = BLOCKS.iter().find(|known| known.name == block) else {
            let known: Vec<&str> = BLOCKS.iter().map(|block| block.name).collect();
            return Err(vec![problems::unknown_block(block, whole, &known)]);
        };
        let ty = block.keys.iter().find(|arg| arg.name == key).map(|arg| &arg.ty);
        let value = parsed(what, ty, text)?;
        let mut diagnostics = Vec::new();
        let scope = (&Consts::new(0), &mut Edits::default());
        self.set_expr(what, block, (key, whole), &value, scope, &mut diagnostics);
        if diagnostics.is_empty() { Ok(()) } else { Err(diagnostics) }
    }

    /// Sets one argument of the optimizer from text in the language; messages call it `what`.
    ///
    /// # Errors
    /// What is wrong with the argument's name or the text.
    pub fn set_optimizer(&mut self, what: &str, argument: &str, text: &str) -> Result<(), Vec<Diagnostic>> {
        let optimizer = self.train.call("optimizer");
        let declared = optimizers::CALLABLES.iter().find(|known| known.name == optimizer.callee);
        let args = declared.map_or(&[] as &[Arg], |callable| callable.args);
        let Some(arg) = args.iter().find(|arg| arg.name == argument) else {
            let known: Vec<&str> = args.iter().map(|arg| arg.name).collect();
            let span = Span::new(0, text.len());
            return Err(vec![names::unknown_argument(optimizer.callee, argument, span, &known)]);
        };
        let value = read(what, &arg.ty, text)?;
        let mut changed = optimizer.clone();
        if let Some(place) = changed.values.iter_mut().find(|(name, _)| *name == argument) {
            place.1 = value;
        }
        self.put("train", "optimizer", ArgValue::Call(changed));
        Ok(())
    }
}

/// Reads one value from text in the language that stands alone, as that of a flag does; problems are about `what`.
///
/// # Errors
/// What is wrong with the text. Spans are in it.
pub fn read(what: &str, ty: &'static Type, text: &str) -> Result<ArgValue, Vec<Diagnostic>> {
    let value = parsed(what, Some(ty), text)?;
    let (consts, mut diagnostics) = (Consts::new(0), Vec::new());
    let mut binder = Binder { meanings: &consts, diagnostics: &mut diagnostics, edits: &mut Edits::default() };
    let value = binder.value(what, ty, &value);
    value.ok_or(diagnostics)
}

/// One value of a text that is all there is: no const can be meant by a name.
fn parsed(what: &str, ty: Option<&Type>, text: &str) -> Result<Expr, Vec<Diagnostic>> {
    let expected = match ty {
        Some(Type::Count { .. }) => "a whole number",
        Some(Type::Real { .. }) => "a number",
        Some(Type::Share) => "a share such as `15%`",
        Some(Type::Batches { .. }) => "a number of batches",
        Some(Type::Epochs { .. }) => "a number of epochs",
        Some(Type::Milliseconds { .. }) => "a time such as `30 ms`",
        Some(
            Type::Bool
            | Type::Word(_)
            | Type::Names
            | Type::Reals
            | Type::RealsOr(_)
            | Type::Range { .. }
            | Type::Call(_)
            | Type::Calls(_),
        )
        | None => "",
    };
    let wrong = |expected: &str, found: &str| {
        let span = Span::new(0, text.len());
        Err(vec![names::wrong_type(what, expected, found, span, format!("write {expected}"))])
    };
    if text.trim().is_empty() {
        return wrong(if expected.is_empty() { "a value" } else { expected }, "nothing");
    }
    let value = parse_expr(text)?;
    match &value.kind {
        ExprKind::Name(name) if !expected.is_empty() => wrong(expected, &format!("`{name}`")),
        _ => Ok(value),
    }
}

/// The names that a spec may not define anew, each with what it means.
pub const RESERVED: &[(&str, &str)] = &[
    (CLASSES, "the number of classes of the data set"),
    ("weights", "every kernel of the net"),
    ("parameters", "every trained parameter of the net"),
];

/// Whether that name comes with the language.
pub fn is_reserved(name: &str) -> bool {
    RESERVED.iter().any(|(reserved, _)| *reserved == name)
}
