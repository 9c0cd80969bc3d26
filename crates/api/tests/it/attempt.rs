mod expunge;
mod list;
