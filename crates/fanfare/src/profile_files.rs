//! Profiles in files: read, checked completely, all mistakes of all files told at once.

use std::{
    fmt, fs,
    io::Read as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, anyhow};
use fanfare_core::{
    limits::{PROFILE_BYTES, PROFILE_FILES},
    name::ProfileName,
    profile::{self, Profile, ProfileError, ProfileErrors},
};
use fanfare_engine::context::Profiles;

/// What is wrong with one file.
#[derive(Debug)]
pub(crate) struct Mistakes {
    /// The file, as it was named.
    pub(crate) file: PathBuf,
    /// The mistakes, in their order.
    pub(crate) mistakes: Vec<ProfileError>,
}

/// `file:line:column: message`, one line for each.
impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = |mistake: &ProfileError| {
            let ProfileError { line, column, message } = mistake;
            format!("{}:{line}:{column}: {message}", self.file.display())
        };
        f.write_str(&self.mistakes.iter().map(line).collect::<Vec<_>>().join("\n"))
    }
}

/// The built-in profiles and those in the files of `directory`, which replace built-in ones of the same name.
pub(crate) fn load(directory: Option<&Path>) -> Result<Profiles> {
    let built_in = profile::built_in();
    let Some(directory) = directory else { return Ok(Profiles::new(built_in)) };
    let own = load_directory(directory)?;
    for (file, profile) in &own {
        if built_in.iter().any(|known| known.name == profile.name) {
            tracing::warn!(profile = %profile.name, file = %file.display(), "a file replaces a built-in profile");
        }
    }
    Ok(Profiles::new(built_in.into_iter().chain(own.into_iter().map(|(_, profile)| profile))))
}

/// The profile of that name; an error names the ones there are.
pub(crate) fn named<'p>(profiles: &'p Profiles, name: &ProfileName) -> Result<&'p Profile> {
    let found = profiles.named(name).map(|profile| &**profile);
    found.ok_or_else(|| {
        let known: Vec<_> = profiles.all().map(|known| known.name.as_str()).collect();
        let known = known.join(", ");
        anyhow!(
            "no profile is named {name}; there are: {known}; those in files are found with --profiles DIR"
        )
    })
}

/// The profile of that name, or the one in that file: whatever has a `/` or ends in `.toml` is a file.
pub(crate) fn find(name_or_file: &str, directory: Option<&Path>) -> Result<Profile> {
    if is_file(name_or_file) {
        let checked = check(Path::new(name_or_file))?;
        return checked.map_err(|mistakes| anyhow!("this profile has mistakes:\n{mistakes}"));
    }
    let name = name_or_file.parse().with_context(|| format!("`{name_or_file}` is no name of a profile"))?;
    named(&load(directory)?, &name).cloned()
}

/// Whether somebody means a file rather than the name of a profile.
pub(crate) fn is_file(name_or_file: &str) -> bool {
    name_or_file.contains('/') || name_or_file.ends_with(".toml")
}

/// Whether a built-in profile has this name, which one in a file then replaces.
pub(crate) fn is_built_in(name: &ProfileName) -> bool {
    profile::built_in().iter().any(|known| known.name == *name)
}

fn load_directory(directory: &Path) -> Result<Vec<(PathBuf, Profile)>> {
    let mut own: Vec<(PathBuf, Profile)> = Vec::new();
    let mut wrong = Vec::new();
    for file in files(directory)? {
        match check(&file)? {
            Ok(profile) => match own.iter().find(|(_, other)| other.name == profile.name) {
                Some((other, _)) => wrong.push(twice(file, &profile, other)),
                None => own.push((file, profile)),
            },
            Err(mistakes) => wrong.push(mistakes),
        }
    }
    if wrong.is_empty() {
        return Ok(own);
    }
    let lines: Vec<_> = wrong.iter().map(ToString::to_string).collect();
    Err(anyhow!("the profiles in {} have mistakes:\n{}", directory.display(), lines.join("\n")))
}

fn twice(file: PathBuf, profile: &Profile, other: &Path) -> Mistakes {
    let message = format!("{} is named {} too", other.display(), profile.name);
    Mistakes { file, mistakes: vec![ProfileError { line: 1, column: 1, message }] }
}

/// The `*.toml` files of a directory, by name.
fn files(directory: &Path) -> Result<Vec<PathBuf>> {
    let unreadable = || format!("cannot read the directory of profiles {}", directory.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).with_context(unreadable)? {
        let path = entry.with_context(unreadable)?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
        if files.len() > PROFILE_FILES {
            let directory = directory.display();
            return Err(anyhow!("{directory} has more than {PROFILE_FILES} profiles: use fewer"));
        }
    }
    files.sort();
    Ok(files)
}

/// Reads and checks one file; an error is about the file itself.
pub(crate) fn check(file: &Path) -> Result<Result<Profile, Mistakes>> {
    let unreadable = || format!("cannot read the profile {}", file.display());
    let mut bytes = Vec::new();
    let open = fs::File::open(file).with_context(unreadable)?;
    // One byte more than a profile may have, so that a longer one is told from the longest.
    open.take(PROFILE_BYTES as u64 + 1).read_to_end(&mut bytes).with_context(unreadable)?;
    let checked = match String::from_utf8(bytes) {
        Ok(text) => Profile::parse(&text).map_err(|ProfileErrors(mistakes)| mistakes),
        Err(error) => Err(vec![not_text(&error)]),
    };
    Ok(checked.map_err(|mistakes| Mistakes { file: file.to_owned(), mistakes }))
}

fn not_text(error: &std::string::FromUtf8Error) -> ProfileError {
    let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
    let valid = String::from_utf8_lossy(valid);
    ProfileError {
        line: valid.matches('\n').count() + 1,
        column: valid.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1,
        message: "this is not UTF-8: save the file as UTF-8 text".to_owned(),
    }
}

#[cfg(test)]
mod tests;
