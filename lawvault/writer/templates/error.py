"""What is wrong with a template, and where."""


class TemplateError(ValueError):
    """A template cannot be used; the message says in Chinese what, where and how to mend it.

    `line` and `column` count from 1; 0 where no place can be named.
    """

    def __init__(self, message: str, *, line: int = 0, column: int = 0) -> None:
        place = f"第{line}行第{column}列：" if line else ""
        super().__init__(f"{place}{message}")
        self.line = line
        self.column = column
