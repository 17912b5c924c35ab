"""Everything that turns a prompt into pictures, behind one front."""
