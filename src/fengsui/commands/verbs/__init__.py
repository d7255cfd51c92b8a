"""One verb a file; see ``fengsui.commands.hand`` for what each of them has."""
