//! Which expressions may be filters: those whose cost can be told from their text and the payload's size.

use cel::{
    Program,
    common::ast::{ComprehensionExpr, Expr, IdedExpr, SourceInfo, operators as op},
};

use super::InvalidFilter;
use crate::limits::FILTER_DEPTH;

/// What is known of a checked filter.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Shape {
    /// Operations that can walk through the payload.
    pub(super) operations: usize,
    pub(super) reads_payload: bool,
}

const PAYLOAD: &str = "payload";
const VARIABLES: [&str; 2] = ["event", PAYLOAD];

/// What an operation inside a comprehension counts: a payload has elements of two bytes each, and looking at
/// one takes as long as searching some hundred bytes of a text.
const PER_ELEMENT: usize = 256;

/// What an operation counts that compares structures element by element, outside of comprehensions.
const PER_STRUCTURE: usize = 16;

/// Operators that look at no value.
const LOGIC: [&str; 5] =
    [op::LOGICAL_AND, op::LOGICAL_OR, op::LOGICAL_NOT, op::CONDITIONAL, op::NOT_STRICTLY_FALSE];

/// Operators that look at values, and cannot make a greater one.
const OPERATORS: [&str; 13] = [
    op::EQUALS,
    op::NOT_EQUALS,
    op::LESS,
    op::LESS_EQUALS,
    op::GREATER,
    op::GREATER_EQUALS,
    op::IN,
    op::INDEX,
    op::NEGATE,
    op::SUBSTRACT,
    op::MULTIPLY,
    op::DIVIDE,
    op::MODULO,
];

const FUNCTIONS: [&str; 9] =
    ["size", "contains", "startsWith", "endsWith", "int", "uint", "double", "string", "bool"];

/// Checks an expression.
pub(super) fn check(program: &Program, text: &str) -> Result<Shape, InvalidFilter> {
    let mut check = Check { source: program.source_info(), text, at: 0, depth: 0, shape: Shape::default() };
    check.walk(program.expression(), &Scope::default())?;
    Ok(check.shape)
}

struct Check<'a> {
    source: &'a SourceInfo,
    text: &'a str,
    /// Where the expression under way begins; those that a macro made are where the macro is.
    at: u32,
    depth: usize,
    shape: Shape,
}

/// The comprehension around an expression: its own variables.
#[derive(Clone, Copy, Default)]
struct Scope<'a> {
    comprehension: Option<&'a ComprehensionExpr>,
}

impl Scope<'_> {
    fn names(&self, name: &str) -> bool {
        self.comprehension.is_some_and(|around| {
            around.iter_var == name
                || around.accu_var == name
                || around.iter_var2.as_deref().is_some_and(|second| second == name)
        })
    }
}

impl<'a> Check<'a> {
    fn walk(&mut self, node: &'a IdedExpr, scope: &Scope<'_>) -> Result<(), InvalidFilter> {
        let before = self.at;
        self.at = self.source.offset_for(node.id).map_or(before, |(start, _)| start);
        self.depth += 1;
        if self.depth > FILTER_DEPTH {
            return self.refuse(format!("expressions may be nested {FILTER_DEPTH} deep, not more"));
        }
        self.expression(&node.expr, scope)?;
        self.depth -= 1;
        self.at = before;
        Ok(())
    }

    fn expression(&mut self, expression: &'a Expr, scope: &Scope<'_>) -> Result<(), InvalidFilter> {
        match expression {
            Expr::Literal(_) => Ok(()),
            Expr::Ident(name) => self.variable(name, scope),
            Expr::Select(select) => self.walk(&select.operand, scope),
            // Of anything else than literals, a list would be a copy of the payload.
            Expr::List(list) if list.elements.iter().all(is_literal) => Ok(()),
            Expr::List(_) => self.refuse("a list can hold only literals, such as ['a', 'b']"),
            Expr::Call(call) => {
                self.function(&call.func_name, &call.args, scope)?;
                let operands = call.target.as_deref().into_iter().chain(&call.args);
                operands.into_iter().try_for_each(|operand| self.walk(operand, scope))
            }
            Expr::Comprehension(comprehension) => self.comprehension(comprehension, scope),
            Expr::Map(_) | Expr::Struct(_) | Expr::Unspecified => {
                self.refuse("only values, operators and functions can be part of a filter")
            }
        }
    }

    fn variable(&mut self, name: &str, scope: &Scope<'_>) -> Result<(), InvalidFilter> {
        if scope.names(name) {
            return Ok(());
        }
        if !VARIABLES.contains(&name) {
            return self.refuse(format!("`{name}` is not known here: there are `event` and `payload`"));
        }
        if name == PAYLOAD && scope.comprehension.is_some() {
            return self.refuse(
                "inside `all`, `exists` and `exists_one` only the element itself and `event` can be looked at",
            );
        }
        self.shape.reads_payload |= name == PAYLOAD;
        Ok(())
    }

    fn function(
        &mut self,
        name: &str,
        operands: &[IdedExpr],
        scope: &Scope<'_>,
    ) -> Result<(), InvalidFilter> {
        if LOGIC.contains(&name) {
            return Ok(());
        }
        self.shape.operations += match scope.comprehension {
            Some(_) => PER_ELEMENT,
            None if compares_structures(name, operands) => PER_STRUCTURE,
            None => 1,
        };
        // How `exists_one` counts.
        let counts = |operand: &IdedExpr| match (&operand.expr, scope.comprehension) {
            (Expr::Ident(name), Some(around)) => *name == around.accu_var,
            _ => false,
        };
        if OPERATORS.contains(&name) || FUNCTIONS.contains(&name) {
            return Ok(());
        }
        if name == op::ADD {
            return match operands.first() {
                Some(first) if counts(first) => Ok(()),
                _ => self.refuse(
                    "`+` is not part of filters, as it makes values grow: write `a > 1 - b` for `a + b > 1`",
                ),
            };
        }
        let known = FUNCTIONS.join(", ");
        self.refuse(format!(
            "`{name}` is not a function of filters: there are {known}, and the macros has, all, exists, exists_one"
        ))
    }

    fn comprehension(
        &mut self,
        inner: &'a ComprehensionExpr,
        scope: &Scope<'_>,
    ) -> Result<(), InvalidFilter> {
        if scope.comprehension.is_some() {
            return self.refuse("`all`, `exists` and `exists_one` cannot stand inside each other");
        }
        if matches!(inner.accu_init.expr, Expr::List(_) | Expr::Map(_)) {
            return self.refuse(
                "`map` and `filter` are not part of filters: ask with `all`, `exists` or `exists_one`",
            );
        }
        self.shape.operations += 1;
        self.walk(&inner.iter_range, scope)?;
        let own = Scope { comprehension: Some(inner) };
        [&inner.accu_init, &inner.loop_cond, &inner.loop_step, &inner.result]
            .into_iter()
            .try_for_each(|part| self.walk(part, &own))
    }

    fn refuse<T>(&self, message: impl Into<String>) -> Result<T, InvalidFilter> {
        let before = self.text.get(..self.at as usize).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        let line = before.matches('\n').count() + 1;
        let column = before[line_start..].chars().count() + 1;
        Err(InvalidFilter { line, column, message: message.into() })
    }
}

/// Whether both sides can be structures of the payload; what is compared with a literal ends at once.
fn compares_structures(name: &str, operands: &[IdedExpr]) -> bool {
    match name {
        op::EQUALS | op::NOT_EQUALS => !operands.iter().any(is_literal),
        op::IN => !operands.get(1).is_some_and(is_literal_list),
        _ => false,
    }
}

fn is_literal_list(node: &IdedExpr) -> bool {
    matches!(&node.expr, Expr::List(list) if list.elements.iter().all(is_literal))
}

fn is_literal(node: &IdedExpr) -> bool {
    match &node.expr {
        Expr::Literal(_) => true,
        Expr::Call(call) => call.func_name == op::NEGATE && call.args.iter().all(is_literal),
        _ => false,
    }
}
