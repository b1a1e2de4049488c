"""The use cases, one a module: a request in, a result out; no click, no print."""
