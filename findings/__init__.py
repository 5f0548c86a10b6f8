"""The findings: the pages of docs/findings, made from the stores of the built-in studies alone.

python -m findings [NAME ...] [--results results] [--docs docs/findings]

A finding is a module that names its studies (`STUDIES`), computes what its page says (`compute_facts`) and plots its
figures (`plot_figures`). Its template has the same name. All numbers of a page, and the words that depend on them
(better, equivalent, not told apart), come from the stores.
"""
