mod keys;
mod portal;
mod test_keys;
