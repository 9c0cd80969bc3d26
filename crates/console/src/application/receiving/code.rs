//! Receivers in the languages that are common: a whole program each, whose check is written by [`super::check`].

use fanfare_core::profile::Recognition;

use super::check::{self, Dialect};

/// A language that receivers are shown in.
pub(super) struct Language {
    /// Its word in addresses.
    pub(super) word: &'static str,
    /// Its name.
    pub(super) name: &'static str,
    program: &'static str,
    dialect: Dialect,
}

/// All of them.
pub(super) static LANGUAGES: [Language; 7] = [
    Language {
        word: "python",
        name: "Python",
        program: include_str!("../../../receivers/receiver.py"),
        dialect: check::PYTHON,
    },
    Language {
        word: "node",
        name: "Node.js",
        program: include_str!("../../../receivers/receiver.mjs"),
        dialect: check::NODE,
    },
    Language {
        word: "go",
        name: "Go",
        program: include_str!("../../../receivers/receiver.go"),
        dialect: check::GO,
    },
    Language {
        word: "php",
        name: "PHP",
        program: include_str!("../../../receivers/receiver.php"),
        dialect: check::PHP,
    },
    Language {
        word: "java",
        name: "Java",
        program: include_str!("../../../receivers/Receiver.java"),
        dialect: check::JAVA,
    },
    Language {
        word: "ruby",
        name: "Ruby",
        program: include_str!("../../../receivers/receiver.ru"),
        dialect: check::RUBY,
    },
    Language {
        word: "csharp",
        name: "C#",
        program: include_str!("../../../receivers/Receiver.cs"),
        dialect: check::CSHARP,
    },
];

impl Language {
    /// The program that checks requests which are recognised so.
    pub(super) fn code(&self, recognition: &Recognition) -> String {
        self.program.replace("@@CHECK@@\n", &self.dialect.check(recognition))
    }
}

#[cfg(test)]
mod tests;
