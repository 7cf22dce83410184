"""Whole stories: events, commands and time over one rules folder, with what must be so at any moment."""

from engine.rehearsal.stories.performance import Performance, perform
from engine.rehearsal.stories.scene import label
from engine.rehearsal.stories.setting import Setting, set_up
from engine.rehearsal.stories.story import Story
from engine.rehearsal.stories.storyfile import read_story

__all__ = ["Performance", "Setting", "Story", "label", "perform", "read_story", "set_up"]
