"""How things are said: codes, days, deadlines, reasons and answers in the words of the window."""
