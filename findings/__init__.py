"""The findings: pages of docs/findings, made from the stores of the built-in studies alone.

python -m findings [NAME ...] [--results results] [--docs docs/findings]

A finding is a module with the studies that it reads, what it takes from them, its figures, and a template of the same
name. All numbers of a page, and the words that hang on them (better, equivalent, not told apart), come from the stores.
"""
