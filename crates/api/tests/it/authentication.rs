mod keys;
mod portal;
