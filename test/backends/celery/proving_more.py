"""A module with a task that the application does not import by itself."""

from proving import app


@app.task(name="more")
def more():
    return "more"
