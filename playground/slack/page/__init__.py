"""The workspace as a page: Starlette, Jinja and htmx (2.0.8, 0BSD, in `static`); nothing comes from elsewhere."""
