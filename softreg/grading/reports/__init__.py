"""Reports: a class's grades as a table, a page for each student, Gradescope's JSON and a page for the teacher."""
